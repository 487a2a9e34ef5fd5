"""Users of the administrator's store: who they are, what they may see, and whether they may come in."""

from typing import Final

import msgspec
from aiohttp import web

from lrs.auth import passwords, people, scopes
from lrs.auth.people import Place, User
from lrs.errors import Invalid
from lrs.http import body, responses
from lrs.http.keys import CALLER
from lrs.resources.keys import USERS
from lrs.xapi import misfit

NAME: Final = "name"


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a PUT sends: all that she is in this store, and what is to be changed besides."""

    roles: tuple[str, ...]
    person: str | None = None
    orgs: tuple[str, ...] = ()
    password: str | None = None
    disabled: bool = False


async def every(request: web.Request) -> web.Response:
    """The users of the store, disabled ones too."""
    caller = request[CALLER].must(scopes.ADMIN)
    users = await request.app[USERS].of_store(caller.store)
    return responses.json({"users": [_told(each, caller.store) for each in users]})


async def get(request: web.Request) -> web.Response:
    """One user of the store."""
    caller = request[CALLER].must(scopes.ADMIN)
    known = await request.app[USERS].get(request.match_info[NAME], store=caller.store)
    return responses.json(_told(known.user, caller.store))


async def put(request: web.Request) -> web.Response:
    """Make a user, or make her in this store what is sent; a password that was made is in the answer, this once.

    An administrator of one store changes neither password nor state of a user who has a place in another.
    """
    caller = request[CALLER].must(scopes.ADMIN)
    name = request.match_info[NAME]
    sent = _sent(await body.read(request))
    users = request.app[USERS]
    place = Place(roles=people.roles(sent.roles), person=sent.person, orgs=sent.orgs)
    known = await users.find(name)
    if known is None:
        password = sent.password or passwords.generate()
        await users.create(name, caller.store, place, password=password, by=caller.key)
        made = _told((await users.get(name, store=caller.store)).user, caller.store)
        answer = responses.json(made if sent.password else {**made, "password": password})
        answer.set_status(201)
        return answer
    await _change(request, known.user, sent, place)
    return responses.json(_told((await users.get(name, store=caller.store)).user, caller.store))


async def delete(request: web.Request) -> web.Response:
    """Take a user's place in this store away."""
    caller = request[CALLER].must(scopes.ADMIN)
    known = await request.app[USERS].get(request.match_info[NAME], store=caller.store)
    await request.app[USERS].place(known.user.name, caller.store, None, by=caller.key)
    return responses.no_content()


async def _change(request: web.Request, user: User, sent: Sent, place: Place) -> None:
    caller, users = request[CALLER], request.app[USERS]
    is_ours = set(user.places) <= {caller.store}
    if not is_ours and (sent.password is not None or sent.disabled != user.disabled):
        raise Invalid("this user has a place in another store: her password and state are not yours alone to change")
    await users.place(user.name, caller.store, place, by=caller.key)
    if sent.disabled != user.disabled:
        await users.disable(user.name, disabled=sent.disabled, by=caller.key)
    if sent.password is not None:
        await users.change_password(user.name, sent.password, by=caller.key)


def _sent(content: bytes) -> Sent:
    try:
        sent = msgspec.json.decode(content, type=Sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise misfit.refused(error, "a user (roles, person, orgs, password, disabled)", rule="user") from error
    if sent.password is not None:
        people.check_password(sent.password)
    return sent


def _told(user: User, store: int) -> dict[str, object]:
    place = user.places[store]
    return {
        "name": user.name,
        "roles": place.roles,
        "person": place.person,
        "orgs": place.orgs,
        "disabled": user.disabled,
    }
