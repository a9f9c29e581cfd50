"""What organizers type; amounts are text and become micros in the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from wtforms import (
    DateField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp

from hackathon.credits.rules import CURRENCY, State
from hackathon.credits.service.bills.focus import CATEGORIES
from hackathon.credits.service.requests import KINDS
from hackathon.shared.web import Form, choices

if TYPE_CHECKING:
    from collections.abc import Sequence

AMOUNT = [DataRequired("Type an amount."), Length(max=30)]
WHY = [DataRequired("Say why; the team will read it."), Length(max=2000)]


class Named(Form):
    """A form among others on one page: its ids begin with its own word."""

    word = ""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self._fields.values():
            field.id = f"{self.word}-{field.name}"

    def relabel(self, words: str) -> None:
        """Say in another way what amounts are in."""
        for one in self._fields.values():
            one.label.text = one.label.text.replace(" in dollars", words)


class Priced(Named):
    """A form with amounts of one currency; labels say which."""

    currency = StringField("Currency", [Optional(), Length(max=10)], default=CURRENCY)

    def of(self, unit: str) -> Self:
        """Take amounts of a currency."""
        self.currency.data = unit
        if unit != CURRENCY:
            self.relabel(f" in {unit}")
        return self


class BudgetForm(Priced):
    """The quarter's budget."""

    word = "budget"
    amount = StringField("Budget in dollars", AMOUNT)


class FundForm(Priced):
    """Money for the pool."""

    word = "fund"
    amount = StringField("Amount in dollars", AMOUNT)


class GrantForm(Priced):
    """Credits for a team."""

    word = "grant"
    team = IntegerField("Team", [NumberRange(min=1, message="Choose a team.")])
    amount = StringField("Amount in dollars", AMOUNT)
    reason = StringField("Reason", WHY)


class SplitForm(Priced):
    """Equal credits for all teams, or for all members."""

    word = "split"
    by = SelectField(
        "The same for each",
        choices=choices([("team", "team"), ("member", "member of a team")]),
        default="team",
    )
    amount = StringField("Amount in dollars", [Optional(), Length(max=30)])
    reason = StringField("Reason", WHY)


class ReadingForm(Priced):
    """What a console shows."""

    word = "reading"
    team = IntegerField("Team", [NumberRange(min=1, message="Choose a team.")])
    source = StringField("Seen at", [DataRequired("Say where."), Length(max=80)])
    total = StringField("Total so far in dollars", AMOUNT)
    seen_at = StringField("When", [Optional(), Length(max=40)])


class ChargeForm(Priced):
    """An invoice, or a coupon that was used."""

    word = "charge"
    team = IntegerField("Team", [NumberRange(min=1, message="Choose a team.")])
    source = StringField("Billed by", [DataRequired("Say by whom."), Length(max=80)])
    amount = StringField("Amount in dollars", AMOUNT)
    through = StringField("For use through", [Optional(), Length(max=40)])
    reason = StringField("Invoice or coupon", [Optional(), Length(max=2000)])


class ReturnForm(Priced):
    """Unused credits back to the pool."""

    word = "return"
    amount = StringField("Amount in dollars", [Optional(), Length(max=30)])
    reason = StringField("Reason", [Optional(), Length(max=2000)])


class ReverseForm(Named):
    """Why an entry was wrong."""

    word = "reverse"
    reason = StringField("Reason", WHY)


class AccessForm(Named):
    """Where and how a team uses its credits."""

    word = "access"
    sub_account = StringField("Account or project id", [Optional(), Length(max=200)])
    link = StringField("Link", [Optional(), Length(max=500)])
    how = TextAreaField("How to get in", [Optional(), Length(max=4000)])
    until = DateField("Usable until", [Optional()])


class BillForm(Named):
    """A FOCUS file."""

    word = "bill"
    source = StringField("Who bills", [DataRequired("Say who bills, such as AWS."), Length(max=80)])


class RuleForm(Named):
    """Whose costs these are."""

    word = "rule"
    kind = SelectField(
        "What to look at",
        choices=choices(
            [
                ("account", "Account or project id"),
                ("tag", "Tag"),
                ("prefix", "Beginning of the id"),
            ]
        ),
    )
    key = StringField("Tag", [Optional(), Length(max=200)])
    value = StringField(
        "What stands there", [DataRequired("Say what stands there."), Length(max=200)]
    )
    team = IntegerField("Team", [Optional(), NumberRange(min=1, message="Choose a team.")])
    from_day = DateField("From the day (UTC)", [Optional()])
    from_hour = IntegerField(
        "From the hour (UTC)",
        [Optional(), NumberRange(min=0, max=23, message="An hour is 0 to 23.")],
    )
    reason = StringField("Reason", [DataRequired("Say why."), Length(max=2000)])


class SourceForm(Named):
    """What a source charges to teams."""

    word = "source"
    basis = SelectField(
        "Which cost counts",
        choices=choices(
            [
                ("billed", "Billed: what the invoice says"),
                ("effective", "Effective: with commitments spread over their use"),
            ]
        ),
    )
    charged = SelectMultipleField(
        "Categories that are charged to teams",
        choices=choices([(word, word) for word in CATEGORIES]),
    )
    taxes = SelectField(
        "Taxes",
        choices=choices(
            [
                ("excluded", "are kept off teams"),
                ("shared", "are shared by what each team's costs are"),
            ]
        ),
        default="excluded",
    )
    delivery = SelectField(
        "A new file of the same month",
        choices=choices(
            [
                ("overwrite", "takes the place of the one before"),
                ("append", "is added: a file a day, such as OCI's"),
            ]
        ),
        default="overwrite",
    )
    tag_keys = StringField(
        "Tags that name a team", [DataRequired("Name at least one tag."), Length(max=200)]
    )


class HandForm(Named):
    """Who bills an account from now on."""

    word = "hand"
    account = StringField("Billing account", [DataRequired("Choose an account."), Length(max=200)])
    to = StringField("Who bills it", [DataRequired("Say who bills it."), Length(max=80)])
    reason = StringField("Reason", [DataRequired("Say why."), Length(max=2000)])


class RateForm(Named):
    """What another currency is worth in a billing period."""

    word = "rate"
    month = StringField(
        "Billing month",
        [
            DataRequired("Choose a month."),
            Regexp(r"\d{4}-(0[1-9]|1[0-2])", message="Choose a month."),
        ],
    )
    currency = StringField("Currency", [DataRequired("Name it."), Length(max=3)])
    rate = StringField("One unit in dollars", [DataRequired("Type the rate."), Length(max=24)])
    quoted_on = DateField("Quoted on", [Optional()])
    reason = StringField("Where it comes from", [DataRequired("Say where."), Length(max=2000)])


class StateForm(Named):
    """Whether a team may use its credits."""

    word = "state"
    state = SelectField(
        "Credits are",
        choices=choices(
            [
                (State.OPEN, "open"),
                (State.PAUSED, "paused: no new holds"),
                (State.SETTLING, "settling: bills still arrive"),
                (State.CLOSED, "closed: what is unused returns to the pool"),
            ]
        ),
    )
    reason = StringField("Reason", WHY)


class CloseForm(Named):
    """Close the credits of every team."""

    word = "close"
    reason = StringField("Reason", WHY)


class CarryForm(Priced):
    """The pool's rest for the next quarter."""

    word = "carry"
    amount = StringField("Amount in dollars", [Optional(), Length(max=30)])
    reason = StringField("Reason", [DataRequired("Say why."), Length(max=2000)])


class TokenForm(Named):
    """A token for a team's programs."""

    word = "token"
    name = StringField("What uses it", [DataRequired("Say what uses it."), Length(max=60)])


class AskForm(Named):
    """A team asks for credits."""

    word = "ask"
    amount = StringField("Amount in dollars", AMOUNT)
    currency = SelectField("Currency", choices=choices([]), default=CURRENCY, validate_choice=False)
    kind = SelectField("For", choices=choices(list(KINDS.items())))
    reason = StringField("What for", [DataRequired("Say what you need it for."), Length(max=2000)])

    def offer(self, units: Sequence[str]) -> Self:
        """Let the team choose where it has more than one."""
        self.currency.choices = [(unit, unit) for unit in units]
        if len(units) > 1:
            self.relabel("")
        return self


class DecideForm(Named):
    """Grant a request, or a part of it, or refuse it."""

    word = "decide"
    amount = StringField("Amount in dollars", [Optional(), Length(max=30)])
    reason = StringField("Reason", [Optional(), Length(max=2000)])


class PlanForm(Priced):
    """The budget of a quarter."""

    word = "plan"
    quarter = StringField("Quarter", [DataRequired("Choose a quarter."), Length(max=7)])
    amount = StringField("Budget in dollars", AMOUNT)


class OtherForm(Named):
    """A budget in a currency that the quarter has none in yet."""

    word = "other"
    quarter = StringField("Quarter", [DataRequired("Choose a quarter."), Length(max=7)])
    currency = StringField("Currency", [DataRequired("Name it."), Length(max=10)])
    amount = StringField("Budget in it", AMOUNT)


class TransferForm(Priced):
    """Budget from one quarter to another."""

    word = "transfer"
    source = StringField("From", [DataRequired("Choose a quarter."), Length(max=7)])
    target = StringField("To", [DataRequired("Choose a quarter."), Length(max=7)])
    amount = StringField("Amount in dollars", AMOUNT)
    reason = StringField("Reason", [DataRequired("Say why."), Length(max=2000)])
