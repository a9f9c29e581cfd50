// While the reveal runs the page shows each place as it comes.
import { watch } from "../shared/live.js";

const root = document.getElementById("results");
let before = null;

watch("board.watch", { event: root.dataset.event, round: Number(root.dataset.round) }, (rows) => {
  const text = JSON.stringify([...rows.values()].map((row) => [row.id, row.state, row.place]).sort());
  if (before !== null && before !== text) location.reload();
  before = text;
});
