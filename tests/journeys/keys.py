"""A person with a keyboard and no mouse: every stop of Tab is looked at."""

from __future__ import annotations

LOOK = """(back) => {
  const node = document.activeElement;
  if (!node || node === document.body) {
    window.stopBefore = null; // out of the page and in again at its head
    return { stop: "", faults: [] };
  }
  const brief = node.outerHTML.replace(/\\s+/g, " ").slice(0, 140);
  const faults = [];
  const drawn = [node, ...(node.labels ?? []), node.parentElement];
  const looks = () => drawn.map((each) => {
    const style = getComputedStyle(each);
    const ring = style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor;
    return [ring, style.boxShadow, style.borderColor].join();
  }).join(";");
  if (node === window.stopBefore) return { stop: brief, faults }; // a part of it, as of a date
  const focused = looks();
  const isOfParts = node.type?.startsWith("date"); // leaving it and coming back loses the part
  const { scrollX, scrollY } = window;
  if (!isOfParts) node.blur();
  const blurred = isOfParts ? "" : looks();
  if (!isOfParts) node.focus({ focusVisible: true, preventScroll: true });
  window.scrollTo(scrollX, scrollY);
  if (focused === blurred) faults.push("focus cannot be seen: " + brief);
  if (node.tabIndex > 0) faults.push("out of order: " + brief);
  const box = (node.type === "radio" && node.labels.length ? node.labels[0] : node)
    .getBoundingClientRect();
  const isIn = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  if (!isIn) faults.push("focus is out of sight: " + brief);
  const at = document.elementFromPoint(box.left + box.width / 2,
    Math.min(Math.max(box.top + Math.min(box.height, 80) / 2, 1), innerHeight - 1));
  const own = [node, ...(node.labels ?? [])];
  if (isIn && at && !own.some((each) => each.contains(at) || at.contains(each))) {
    faults.push(`focus lies behind ${at.outerHTML.slice(0, 60)}: ${brief}`);
  }
  const before = window.stopBefore;
  if (before?.isConnected && before !== node && !before.closest("dialog")) {
    const follows = before.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (Boolean(follows) === back) faults.push("order goes back: " + brief);
  }
  window.stopBefore = node;
  return { stop: brief, faults };
}"""


class Keys:
    """Tab, Shift+Tab, Enter, Space and arrows on a page."""

    def __init__(self, page):
        self.page = page
        self.stops = 0

    def tab(self, *, back=False):
        """One stop further; it must be visible, in order and not hidden behind anything."""
        self.page.keyboard.press("Shift+Tab" if back else "Tab")
        found = self.page.evaluate(LOOK, back)
        self.stops += bool(found["stop"])
        assert found["faults"] == []

    def to(self, target, *, back=False):
        """Go on until a place has the focus."""
        target.first.wait_for(state="attached")
        for _ in range(200):
            if target.evaluate_all("(all) => all.includes(document.activeElement)"):
                return
            self.tab(back=back)
        message = f"never reached: {target}"
        raise AssertionError(message)

    def start(self):
        """Begin at the head of the page, as after loading it."""
        head = "() => { window.stopBefore = null; document.querySelector('.skip').focus(); }"
        self.page.evaluate(head)

    def skip(self):
        """Leave the navigation behind by the first stop of every page."""
        self.to(self.page.get_by_role("link", name="Skip to the content"))
        self.press("Enter")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type_into(self, target, text):
        """Write into a field, in place of what stood there."""
        self.to(target)
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def enter(self, target):
        """Follow a link, or press a button."""
        self.to(target)
        self.press("Enter")

    def focused(self):
        """The name of what has the focus."""
        return self.page.evaluate("() => document.activeElement.textContent.trim()")
