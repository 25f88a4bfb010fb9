"""Signing in over HTTP."""

from typing import Annotated, ClassVar

from fastapi import APIRouter, Form

from ragstone.features.accounts.routes import Caller, Identified, Locale, Ports, Proven, Visiting
from ragstone.features.accounts.sign_in import (
    change_password,
    login,
    me,
    refresh,
    register,
    reset_password,
    second_factor,
    sessions,
    switch,
)
from ragstone.features.accounts.sign_in.schemas import (
    ChangePasswordBody,
    CodeBody,
    DisableSecondFactorBody,
    EnrolmentView,
    ForgotBody,
    KeySet,
    LoginBody,
    LoginStep,
    Me,
    MembershipView,
    PasswordBody,
    RecoveryCodes,
    RefreshBody,
    RegisterBody,
    ResetBody,
    SecondFactorBody,
    SessionList,
    SessionView,
    SignedIn,
    SwitchBody,
    TenantView,
    TokenForm,
    Tokens,
    UserView,
)
from ragstone.kit.problem import Kind, Problem

router = APIRouter(prefix="/auth", tags=["accounts"])


class SecondFactorRequired(Problem):
    """The password was right, and this way of signing in cannot ask for the second factor."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "second_factor_required"


class GrantInvalid(Problem):
    """The form lacks what its `grant_type` asks for."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "grant_invalid"


@router.post("/register", status_code=201)
async def register_user(ports: Ports, identity: Identified, visitor: Visiting, body: RegisterBody) -> SignedIn:
    """Make a user and sign them in. Who may, and what becomes of them, is a setting of the server."""
    invitation = body.invitation.get_secret_value() if body.invitation else None
    registration = register.Registration(
        body.email, body.password.get_secret_value(), body.name, body.tenant_name, invitation
    )
    return SignedIn.of(await register.register(ports, identity, registration, visitor))


@router.post("/login")
async def log_in(ports: Ports, identity: Identified, visitor: Visiting, body: LoginBody) -> SignedIn | LoginStep:
    """Sign in with address and password. Whoever has a second factor is asked for it next."""
    found = await login.login(ports, identity, body.email, body.password.get_secret_value(), visitor)
    return LoginStep.of(found) if isinstance(found, login.Challenge) else SignedIn.of(found)


@router.post("/token")
async def token(
    ports: Ports,
    identity: Identified,
    visitor: Visiting,
    form: Annotated[TokenForm, Form()],
) -> Tokens:
    """The same as `/auth/login` and `/auth/refresh`, as OAuth 2.0 writes it (RFC 6749, sections 4.3 and 6)."""
    if form.grant_type == "refresh_token":
        if form.refresh_token is None:
            raise GrantInvalid(grant_type=form.grant_type, needed="refresh_token")
        return Tokens.given(await refresh.refresh(ports, identity, form.refresh_token.get_secret_value(), visitor))
    if form.username is None or form.password is None:
        raise GrantInvalid(grant_type=form.grant_type, needed="username, password")
    found = await login.login(ports, identity, form.username, form.password.get_secret_value(), visitor, "token")
    if isinstance(found, login.Challenge):
        raise SecondFactorRequired
    return Tokens.given(found.grant)


@router.post("/refresh")
async def refresh_tokens(ports: Ports, identity: Identified, visitor: Visiting, body: RefreshBody) -> Tokens:
    """New tokens for the refresh token that was given last. One that was used before ends the session."""
    return Tokens.given(await refresh.refresh(ports, identity, body.refresh_token.get_secret_value(), visitor))


@router.post("/logout", status_code=204)
async def log_out(ports: Ports, caller: Caller, proof: Proven) -> None:
    """End the session of this request; its tokens are worth nothing from now on."""
    await sessions.end_session(ports.db, ports.clock, caller, proof.session(), "log_out")


@router.post("/switch")
async def switch_tenant(
    ports: Ports, identity: Identified, origin: Visiting, caller: Caller, proof: Proven, body: SwitchBody
) -> SignedIn:
    """Go on in another tenant one is a member of; the session that asks ends."""
    return SignedIn.of(await switch.switch(ports, identity, caller, proof.session(), body.to, origin))


@router.get("/me")
async def who_am_i(ports: Ports, caller: Caller) -> Me:
    """Who is asking, in which tenant, and what they may do."""
    found = await me.read_caller(ports.db, caller)
    return Me(
        id=caller.caller_id,
        user=UserView.of(found.user) if found.user else None,
        tenant=TenantView(id=caller.tenant_id, name=found.tenant_name),
        role=found.membership.role if found.membership else None,
        permissions=sorted(caller.permissions),
        memberships=[MembershipView(id=item.tenant_id, name=name, role=item.role) for item, name in found.memberships],
    )


@router.get("/sessions")
async def list_sessions(ports: Ports, caller: Caller, proof: Proven) -> SessionList:
    """Where the caller is signed in, newest first."""
    proof.session()
    found = await sessions.list_sessions(ports.db, ports.clock, caller)
    return SessionList(items=[SessionView.of(item, proof.session_id) for item in found])


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(ports: Ports, caller: Caller, proof: Proven, session_id: str) -> None:
    """Sign out somewhere else."""
    proof.session()
    await sessions.end_session(ports.db, ports.clock, caller, session_id)


@router.post("/password", status_code=204)
async def change_own_password(
    ports: Ports, identity: Identified, caller: Caller, proof: Proven, body: ChangePasswordBody
) -> None:
    """Change one's password. All other sessions end."""
    session_id = proof.session()
    current, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    user = await change_password.confirm_password(ports, identity, caller, current)
    await change_password.set_password(ports, identity, caller, user, new, keep_session=session_id)


@router.post("/login/second-factor")
async def complete_login(ports: Ports, identity: Identified, visitor: Visiting, body: SecondFactorBody) -> SignedIn:
    """The second step of signing in, for whoever has a second factor."""
    token = body.token.get_secret_value()
    return SignedIn.of(await second_factor.complete(ports, identity, token, body.code, visitor))


@router.post("/password/forgot", status_code=202)
async def forgot_password(
    ports: Ports, identity: Identified, visitor: Visiting, locale: Locale, body: ForgotBody
) -> dict[str, str]:
    """Have a link sent that replaces a forgotten password. The answer is the same for an address nobody has."""
    identity.errands.run("send_reset", reset_password.send_reset(ports, body.email, locale, visitor))
    return {"status": "accepted"}


@router.post("/password/reset", status_code=204)
async def reset_forgotten_password(ports: Ports, identity: Identified, visitor: Visiting, body: ResetBody) -> None:
    """Replace a forgotten password. All sessions of the user end."""
    token, new = body.token.get_secret_value(), body.new_password.get_secret_value()
    await reset_password.reset_password(ports, identity, token, new, visitor)


@router.post("/totp")
async def begin_second_factor(
    ports: Ports, identity: Identified, caller: Caller, proof: Proven, body: PasswordBody
) -> EnrolmentView:
    """Begin to set up a second factor (TOTP, RFC 6238)."""
    proof.session()
    found = await second_factor.enrol(ports, identity, caller, body.password.get_secret_value())
    return EnrolmentView(secret=found.secret, uri=found.uri)


@router.post("/totp/confirm")
async def confirm_second_factor(ports: Ports, caller: Caller, proof: Proven, body: CodeBody) -> RecoveryCodes:
    """Confirm a second factor with a first code; from now on it is asked for. All other sessions end."""
    codes = await second_factor.confirm(ports, caller, proof.session(), body.code)
    return RecoveryCodes(recovery_codes=list(codes))


@router.post("/totp/disable", status_code=204)
async def disable_second_factor(
    ports: Ports, identity: Identified, caller: Caller, proof: Proven, body: DisableSecondFactorBody
) -> None:
    """Do without a second factor again."""
    proof.session()
    await second_factor.disable(ports, identity, caller, body.password.get_secret_value(), body.code)


public_keys = APIRouter(tags=["accounts"])


@public_keys.get("/.well-known/jwks.json")
async def list_public_keys(identity: Identified) -> KeySet:
    """The keys that access tokens are signed with, for whoever checks them elsewhere (RFC 7517)."""
    return KeySet(keys=[dict(key) for key in await identity.tokens.public_keys()])
