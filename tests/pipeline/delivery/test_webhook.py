"""A webhook: what each answer means, and that a signature is what other languages compute."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from newswire.waits import Redis, waits
from pipeline.delivery import Answered, open_channel
from pipeline.delivery.webhook import WebhookChannel, check, signature
from pipeline.errors import Gone, Infrastructure, Misconfigured, Throttled
from pipeline.storage import deliveries, listing, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Look
from schemas import tables
from tests.hook import SECRET, Hook
from tests.pipeline.delivery.test_targets import NOW, message
from tests.wire import LONG, Wire
from workers.couriers import Pushing


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


@pytest.fixture
def channel(hook: Hook) -> Iterator[WebhookChannel]:
    channel = WebhookChannel(hook.settings(at_once=1))
    yield channel
    channel.close()


def answers(channel: Any) -> list[Answered]:
    got: list[Answered] = []
    channel.answers(got.extend)
    return got


def test_a_message_is_signed_so_that_standard_webhooks_libraries_check_it(hook: Hook, channel: WebhookChannel) -> None:
    """https://www.standardwebhooks.com: HMAC-SHA256 of `id.timestamp.body`, in base64."""
    channel.send(3, [message(11, 7)], NOW)
    [(headers, body)] = hook.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["item"] == 11


def test_the_signature_of_the_specification_s_own_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    got = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert got == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_one_secret_replaces_another_both_sign(hook: Hook) -> None:
    other = "whsec_" + base64.b64encode(b"another secret of 24 bytes or more").decode()
    channel = open_channel("webhook", hook.settings(secret=f"{SECRET} {other}"))
    channel.send(3, [message()], NOW)
    channel.close()
    assert hook.requests[0][0]["webhook-signature"].count("v1,") == 2


def test_a_repeat_bears_the_same_id(hook: Hook, channel: WebhookChannel) -> None:
    channel.send(3, [message(11, 7)], NOW)
    channel.send(3, [message(11, 7)], NOW)
    assert len({headers["webhook-id"] for headers, _ in hook.requests}) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_acknowledges(hook: Hook, channel: WebhookChannel, status: int) -> None:
    hook.script = [status]
    channel.send(3, [message()], NOW)
    assert [one.ok for one in answers(channel)] == [True]


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 501])
def test_what_is_refused_is_that_message_s_attempt(hook: Hook, channel: WebhookChannel, status: int) -> None:
    hook.script = [status, 204]
    channel.send(3, [message(1), message(2)], NOW)
    [first, second] = answers(channel)
    assert (first.ok, first.counts, second.ok) == (False, True, True)
    assert str(status) in first.why


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_one_that_is_away_is_left_alone_as_long_as_it_asks_and_nobody_is_blamed(hook: Hook, channel: WebhookChannel, status: int) -> None:
    hook.script = [204, (status, {"retry-after": "17"})]
    with pytest.raises(Throttled, match="17 s") as told:
        channel.send(3, [message(1), message(2), message(3)], NOW)
    assert told.value.retry_after_s == 17
    assert [one.item for one in answers(channel)] == [1]
    assert len(hook.requests) == 2, "the third was not tried"


def test_no_redirect_is_followed(hook: Hook, channel: WebhookChannel) -> None:
    hook.script = [(307, {"location": f"http://127.0.0.1:{hook.port}/elsewhere"})]
    channel.send(3, [message()], NOW)
    [said] = answers(channel)
    assert (said.ok, len(hook.requests)) == (False, 1)
    assert "redirects are not followed" in said.why


def test_one_deadline_stands_around_it_all(hook: Hook) -> None:
    hook.drip = True
    hook.script = [200]
    channel = open_channel("webhook", hook.settings(deadline_s=0.3))
    with pytest.raises(Infrastructure, match=r"0\.3 s"):
        channel.send(3, [message()], NOW)
    channel.close()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/", "http://[::1]:{port}/"]
)
def test_what_is_not_on_the_public_internet_is_not_told(hook: Hook, url: str) -> None:
    channel = open_channel("webhook", {"url": url.format(port=hook.port), "secret": SECRET})
    with pytest.raises(Infrastructure, match=r"not on the public internet|in disguise") as told:
        channel.send(3, [message()], NOW)
    channel.close()
    assert hook.requests == []
    assert "allow_networks" in told.value.hint


def test_410_says_that_it_wants_nothing_more(hook: Hook, channel: WebhookChannel) -> None:
    hook.script = [410]
    with pytest.raises(Gone, match="410"):
        channel.send(3, [message()], NOW)


def test_after_some_refusals_in_a_row_the_circuit_opens_and_nobody_is_blamed_until_one_is_taken(
    hook: Hook, channel: WebhookChannel
) -> None:
    hook.script = [500]
    with pytest.raises(Infrastructure, match="5 messages in a row"):
        channel.send(3, [message(item) for item in range(5)], NOW)
    assert [one.counts for one in answers(channel)] == [True] * 5
    channel.close()
    assert channel.room().free == 1
    with pytest.raises(Infrastructure):
        channel.send(3, [message(6)], NOW)
    assert [one.counts for one in answers(channel)] == [False]
    hook.script = [204]
    channel.send(3, [message(7)], NOW)
    assert channel.room().free > 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": "ftp://host/"}, "https://host/path"),
        ({"url": "https://user:pass@host/"}, "without a user"),
        ({"secret": "abc"}, "base64|bytes"),
        ({"secret": "whsec_YWJj"}, "24 to 64 bytes"),
        ({"allow_networks": "everything"}, "allow_networks|everything"),
        ({"at_once": 0}, "more than 0"),
    ],
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        check({"url": "https://host/", "secret": SECRET} | wrong)


# --- with the deliverer's courier -----------------------------------------------------------------------------------------------


class Team:
    """A subscription to the hook, served pass by pass."""

    def __init__(self, database: Database, hook: Hook) -> None:
        self.wire = Wire(database)
        self.db = database
        with self.db.write() as conn:
            self.one = subscriptions.add(conn, self.wire.now, name="team", kind="webhook", target=hook.settings(at_once=1))
        self.courier = Pushing(database, self.one, "token", threading.Event())

    def arrive(self, *numbers: int) -> None:
        for number in numbers:
            body = f"{LONG}\n\nNumber {number} of them."
            self.wire.arrive(uri=f"tag:hw:{number}", version="1", headline=f"Story {number}", body_text=body)

    def step(self) -> None:
        """As the courier's own loop does."""
        with self.db.read() as conn:
            _, looks = deliveries.waiting(conn, lambda: self.wire.now, "token")
        self.courier._alone_until = 0.0
        for look in looks or [Look(id=self.one.id, behind=False, due=False)]:
            self.courier.step(look, self.wire.now)

    def state(self) -> subscriptions.Subscription:
        with self.db.read() as conn:
            return subscriptions.get(conn, "team")


@pytest.fixture
def team(database: Database, hook: Hook) -> Iterator[Team]:
    team = Team(database, hook)
    yield team
    team.courier._close()


def test_an_hour_of_errors_parks_nothing_and_why_stands_in_the_subscription(team: Team, hook: Hook) -> None:
    hook.script = [503]
    team.arrive(1, 2)
    for _ in range(60):
        team.step()
        team.wire.pass_time(minutes=1)
    rows = team.wire.rows(tables.delivery)
    assert [(row.attempts, row.parked_at) for row in rows] == [(0, None)] * 2
    assert "answered 503" in team.state().trouble
    hook.script = [204]
    team.step()
    assert team.wire.rows(tables.delivery) == []
    assert (team.state().trouble, team.state().trouble_at) == ("", None)


def test_one_that_it_can_not_take_is_parked_with_the_reason_and_its_neighbours_go_on(team: Team, hook: Hook) -> None:
    team.arrive(1)
    for number in range(deliveries.MOST_ATTEMPTS):
        hook.script = [422]
        team.step()
        team.wire.pass_time(hours=2)
        hook.script = [204]
        team.arrive(10 + number)
        hook.script = [422 if number < deliveries.MOST_ATTEMPTS - 1 else 204, 204]
        team.step()
        team.wire.pass_time(hours=2)
    parked = [row for row in team.wire.rows(tables.delivery) if row.parked_at]
    assert [row.last_error for row in parked] == ["failed: the webhook answered 422"] * len(parked)
    assert parked
    assert parked[0].code_version


def test_status_says_of_what_was_refused_why_and_when_it_is_tried_again(team: Team, hook: Hook) -> None:
    hook.script = [422]
    team.arrive(1)
    team.step()

    def says() -> str:
        with team.db.read() as conn:
            status = listing.status(conn, team.wire.now)
        status["subscriptions"][0]["log_waits_for"] = ""
        [one] = waits(status | {"backlog": []}, Redis())
        return one.waits_for

    assert says() == "its consumer, which refused 1: failed: the webhook answered 422; tried again from 12:00:20 UTC on"
    team.wire.pass_time(minutes=1)
    assert says() == "the deliverer", "it is due"


def test_410_pauses_the_subscription_and_says_so(team: Team, hook: Hook) -> None:
    hook.script = [410]
    team.arrive(1)
    team.step()
    assert team.state().paused_at is not None
    assert "410" in team.state().pause_reason
    assert len(team.wire.rows(tables.delivery)) == 1, "what it was not told of is kept"
