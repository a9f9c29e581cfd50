"""Signing in and out, one's own account, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
)
from flask import (
    session as flask_session,
)
from itsdangerous import BadSignature, URLSafeSerializer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hackathon.people import queries, rules, service
from hackathon.people.access import PUBLIC, SIGNED_IN, actor_or_none, current_actor, requires
from hackathon.people.forms import (
    CardForm,
    LinkForm,
    PasswordForm,
    ProfileForm,
    SignInForm,
    WaysForm,
)
from hackathon.shared import near, notices, sessions, telling
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, NotAllowed, NotFound, NotSignedIn, Refusal, TooMany
from hackathon.shared.web import act, device_name, public_address, safe_next, see, submit

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from hackathon.shared.sessions import Visit

blueprint = Blueprint("people", __name__)

PER_ACCOUNT = RateLimitItemPerMinute(10, 10)
PER_ADDRESS = RateLimitItemPerMinute(50, 10)
KNOWN_DEVICE_DAYS = 180


def _visit() -> Visit:
    visit: Visit = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    return visit


def _limits() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions.setdefault(
        "sign_in_limits", MovingWindowRateLimiter(MemoryStorage())
    )
    return limiter


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known-device")


def _is_known_device(address: str) -> bool:
    """Whether this browser has signed in as this account before (line 5)."""
    try:
        known = _signer().loads(request.cookies.get("known", ""))
    except BadSignature:
        return False
    return isinstance(known, list) and address in known


def _remember_device(response: Response | AnyResponse, address: str) -> None:
    try:
        known = _signer().loads(request.cookies.get("known", ""))
    except BadSignature:
        known = []
    kept = [address, *[entry for entry in known if entry != address]][:5]
    response.set_cookie(
        "known",
        str(_signer().dumps(kept)),
        max_age=KNOWN_DEVICE_DAYS * 86_400,
        httponly=True,
        secure=current_app.extensions["settings"].secure,
        samesite="Lax",
    )


def _check_attempts(address: str) -> None:
    """Refuse after 10 failures of an account or 50 of an address in ten minutes."""
    limiter = _limits()
    here = request.remote_addr or ""
    if not limiter.test(PER_ADDRESS, "address", here) or (
        not limiter.test(PER_ACCOUNT, "account", address) and not _is_known_device(address)
    ):
        raise TooMany(
            "too_many",
            "Too many attempts. Wait ten minutes, or ask an organizer for a one-time link.",
            retry_after=600,
        )


def _welcome(token: str, target: str, address: str) -> ResponseReturnValue:
    _visit().renew(token)
    response = make_response(redirect(safe_next(target), 303))
    _remember_device(response, address)
    return response


@blueprint.get("/sign-in")
@requires(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """The page to sign in at; the signed-in are led on."""
    if actor_or_none() is not None:
        return redirect(safe_next(request.args.get("next")))
    return _sign_in_page(SignInForm())


def _sign_in_page(form: SignInForm) -> str:
    return render_template(
        "people/sign_in.html",
        form=form,
        target=request.values.get("next", ""),
        people=_demo_people(),
        asks_pin=near.asks_pin(),
        is_over=bool(_visit().token) and request.method == "GET",
        idle=sessions.IDLE,
        longest=sessions.ABSOLUTE,
    )


def _demo_people() -> list[tuple[object, object]]:
    """Demo people, offered on this computer, and elsewhere against the printed PIN."""
    if not current_app.extensions["settings"].demo or not (near.is_near() or near.has_pin()):
        return []
    return list(queries.demo_people(reading()))


@blueprint.post("/sign-in")
@requires(PUBLIC)
def enter() -> ResponseReturnValue:
    """Sign in with address and password."""
    form = SignInForm(request.form)
    target = request.form.get("next") or request.args.get("next") or ""
    if not form.validate():
        return _sign_in_page(form), 422
    typed = str(form.email.data)
    try:
        folded = rules.fold_email(typed)
    except Refusal:
        folded = typed[:320]
    try:
        _check_attempts(folded)
        person = service.check_password(reading(), email=typed, password=str(form.password.data))
    except NotSignedIn as refusal:
        _limits().hit(PER_ACCOUNT, "account", folded)
        _limits().hit(PER_ADDRESS, "address", request.remote_addr or "")
        form.refuse(refusal)
        return _sign_in_page(form), refusal.code
    token = act(
        lambda session: service.begin_session(session, person_id=person.id, device=device_name())
    )
    return _welcome(token, target, person.email)


@blueprint.post("/sign-in/link")
@requires(PUBLIC)
def ask_for_link() -> ResponseReturnValue:
    """Mail a one-time link; the answer is the same whether anybody has the address."""
    form = LinkForm(request.form)
    _check_attempts("link:" + str(form.email.data or "")[:320].casefold())
    _limits().hit(PER_ADDRESS, "address", request.remote_addr or "")
    _limits().hit(PER_ACCOUNT, "account", "link:" + str(form.email.data or "")[:320].casefold())

    def work(session: Session) -> bool:
        service.mail_link(session, email=str(form.email.data), address=public_address())
        return True

    done = submit(form, work)
    if done is None:
        return _sign_in_page(SignInForm(request.form)), form.status
    flash("If somebody has that address, a link is on its way. It works once, for 30 minutes.")
    return see("people.sign_in")


@blueprint.post("/sign-in/demo")
@requires(PUBLIC)
def enter_demo() -> ResponseReturnValue:
    """Sign in as a demo person: only in the demo; from elsewhere with the printed PIN."""
    person_id = request.form.get("person", type=int)
    people = {person.id: person for person, _ in queries.demo_people(reading())}
    if not current_app.extensions["settings"].demo or person_id not in people:
        raise NotFound("no_such_person", "There is no such demo person here.")
    try:
        near.check_near()
    except NotAllowed as refusal:
        form = SignInForm()
        form.general.append(refusal.message)
        return _sign_in_page(form), refusal.code
    token = act(
        lambda session: service.begin_session(session, person_id=person_id, device=device_name())
    )
    return _welcome(token, request.form.get("next", ""), people[person_id].email)


@blueprint.get("/sign-in/<token>")
@requires(PUBLIC)
def link(token: str) -> ResponseReturnValue:
    """Show the button; opening a link never spends it."""
    return _link_page(token, CardForm())


def _link_page(token: str, form: CardForm) -> str:
    found = service.find_link(reading(), token)
    person = queries.find_person(reading(), found.person_id)
    return render_template("people/link.html", person=person, form=form, idle=sessions.IDLE)


@blueprint.post("/sign-in/<token>")
@requires(PUBLIC)
def use_link(token: str) -> ResponseReturnValue:
    """Spend a link and sign in; whoever has no password may choose one in the same step."""
    form = CardForm(request.form)
    service.find_link(reading(), token)  # hashing is costly: only for who holds a link
    try:
        if not form.validate():
            return _link_page(token, form), 422
        chosen = str(form.password.data or "")
        hashed = service.hash_password(chosen) if chosen else None
        cookie = act(
            lambda session: service.use_link(
                session, token=token, device=device_name(), password_hash=hashed
            )
        )
    except Conflict as refusal:
        form.refuse(refusal)
        return _link_page(token, form), form.status
    _visit().renew(cookie)
    if hashed:
        flash("Your password is kept. From now on your address and it sign you in.")
    return redirect("/", 303)


@blueprint.post("/sign-out")
@requires(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this session; its sockets close."""
    visit = _visit()
    if visit.row is not None:
        id_hash = visit.row.id_hash
        act(lambda session: service.end_session(session, current_actor(session), id_hash=id_hash))
        visit.leave()
    return redirect("/", 303)


@blueprint.get("/me")
@requires(SIGNED_IN)
def account() -> ResponseReturnValue:
    """One's own account."""
    return _account_page()


def _account_page(
    profile: ProfileForm | None = None,
    password: PasswordForm | None = None,
    ways: WaysForm | None = None,
) -> str:
    actor = current_actor()
    person = queries.find_person(reading(), actor.person_id or 0)
    present = {} if ways else telling.choices_of(reading(), person)
    return render_template(
        "people/account.html",
        person=person,
        profile=profile or ProfileForm(obj=person),
        password=password or PasswordForm(),
        ways=ways or WaysForm(data={kind.value: way.value for kind, way in present.items()}),
        devices=queries.devices_of(reading(), person.id),
        own=_visit().id_hash,
        idle=sessions.IDLE,
        longest=sessions.ABSOLUTE,
    )


@blueprint.post("/me")
@requires(SIGNED_IN)
def save_account() -> ResponseReturnValue:
    """Save one's profile."""
    form = ProfileForm(request.form)
    values = form.values()

    def work(session: Session) -> bool:
        service.change_profile(session, current_actor(session), **values)
        return True

    done = submit(form, work)
    if done is None:
        return _account_page(profile=form), form.status
    flash("Saved.")
    return see("people.account")


@blueprint.post("/me/mails")
@requires(SIGNED_IN)
def save_ways() -> ResponseReturnValue:
    """Choose mail or notices for each kind of word."""
    form = WaysForm(request.form)

    def work(session: Session) -> bool:
        service.choose_ways(session, current_actor(session), ways=form.ways())
        return True

    if submit(form, work) is None:
        return _account_page(ways=form), form.status
    flash("Saved. Sign-in links and what touches your account's safety are mailed always.")
    return see("people.account", _anchor="mails")


@blueprint.post("/me/password")
@requires(SIGNED_IN)
def save_password() -> ResponseReturnValue:
    """Change one's password; other devices are signed out."""
    form = PasswordForm(request.form)
    actor = current_actor()
    person = queries.find_person(reading(), actor.person_id or 0)
    if not form.validate():
        return _account_page(password=form), 422
    try:
        if person.password_hash:
            service.check_password(reading(), email=person.email, password=str(form.current.data))
    except NotSignedIn:
        form.refuse(
            NotAllowed("wrong_password", "That is not your current password.", field="current")
        )
        return _account_page(password=form), form.status
    hashed = service.hash_password(str(form.password.data))
    keep = _visit().id_hash
    act(
        lambda session: service.change_password(
            session, current_actor(session), password_hash=hashed, keep=keep
        )
    )
    flash("Your password is changed; your other devices are signed out.")
    return see("people.account")


@blueprint.post("/me/devices/end")
@requires(SIGNED_IN)
def end_devices() -> ResponseReturnValue:
    """Sign all other devices out."""
    keep = _visit().id_hash
    act(lambda session: service.end_other_sessions(session, current_actor(session), keep=keep))
    flash("Your other devices are signed out.")
    return see("people.account")


@blueprint.get("/notices")
@requires(SIGNED_IN)
def notice_list() -> ResponseReturnValue:
    """One's notices, newest first."""
    actor = current_actor()
    return render_template(
        "people/notices.html", notices=notices.notices_of(reading(), actor.person_id or 0)
    )


@blueprint.post("/notices/read")
@requires(SIGNED_IN)
def read_notices() -> ResponseReturnValue:
    """All have been read."""
    act(lambda session: notices.mark_read(session, current_actor(session).person_id or 0))
    return see("people.notice_list")
