"""A simulated WeChat Pay v3 in its own process: `python -m deploy.local.wechat_pay`. For demo and tests, never money.

It serves the Native API (order, query, close, refund), signs and encrypts as the real one does, refuses what the real
one refuses, notifies with retries, and lets a person choose on a page what happens. `GET /ledger` lists all money.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.local import wechat_pages as pages
from deploy.local.serving import ready, terminated
from deploy.local.sign_on import SignOn, make_sign_on_secrets
from deploy.local.wechat_ledger import BEIJING, Ledger, Refusal, Trade, Transaction
from deploy.local.wechat_login import WechatLogin, make_login_secrets
from deploy.local.wechat_secrets import make_wechat_secrets
from deploy.local.wechat_wire import Wire, load_wire, or_refusal, refused
from shared.settings import SIMULATOR_PORT_OFFSET, Platform

RETRY_AFTER_S = (1, 15, 15, 30, 180, 600)
REFUND_TAKES_S = 0.2
SKEW = timedelta(minutes=6)
SHOWN = 50


def _now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """The API for the merchant, the pages for people, and the notifications."""

    def __init__(self, ledger: Ledger, wire: Wire, http: aiohttp.ClientSession) -> None:
        self.ledger = ledger
        self.wire = wire
        self._http = http
        self.away = False  # whether it answers nobody, for tests
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[self._signed])
        trades = "/v3/pay/transactions/out-trade-no/{number}"
        app.add_routes(
            [
                web.post("/v3/pay/transactions/native", self.native),
                web.get(trades, self.query),
                web.post(trades + "/close", self.close),
                web.post("/v3/refund/domestic/refunds", self.refund),
                web.get("/v3/bill/tradebill", self.bill),
                web.get("/v3/billdownload/file", self.bill_file),
                web.get("/", self.index),
                web.get("/pay/{code}", self.pay_page),
                web.post("/pay/{code}", self.act),
                web.get("/ledger", self.money),
            ]
        )
        app.on_shutdown.append(self._stop)
        return app

    async def native(self, request: web.Request) -> web.Response:
        """Make a Native order."""
        wanted: dict[str, Any] = await request.json()
        if (wanted.get("mchid"), wanted.get("appid")) != (self.wire.mchid, self.wire.appid):
            raise Refusal(400, "PARAM_ERROR")
        trade = self.ledger.native(wanted, _now())
        return web.json_response({"code_url": f"weixin://wxpay/bizpayurl?pr={trade.code}"})

    async def query(self, request: web.Request) -> web.Response:
        """Tell how an order stands."""
        trade = self.ledger.find(request.match_info["number"])
        return web.json_response(self.wire.told_trade(trade, next(iter(trade.transactions), None)))

    async def close(self, request: web.Request) -> web.Response:
        """Close an order."""
        self.ledger.close(request.match_info["number"])
        return web.Response(status=204)

    async def refund(self, request: web.Request) -> web.Response:
        """Begin a refund, or tell how it stands."""
        wanted: dict[str, Any] = await request.json()
        number = wanted["out_refund_no"]
        trade, refund = self.ledger.refund(wanted["transaction_id"], number, wanted["amount"]["refund"], _now())
        if refund.status == "PROCESSING":
            self._start(self._finish_refund(number, wanted.get("notify_url", "")))
        return web.json_response(self.wire.told_refund(trade, refund))

    async def bill(self, request: web.Request) -> web.Response:
        """Where a day's bill lies; the real one has it only of days that are over."""
        day = date.fromisoformat(request.query["bill_date"])
        if day >= _now().astimezone(BEIJING).date():
            raise Refusal(400, "STATEMENT_CREATING")
        text = self.ledger.bill(day)
        if text is None:
            raise Refusal(400, "NO_STATEMENT_EXIST")
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        url = str(request.url.origin()) + f"/v3/billdownload/file?token={day.isoformat()}"
        return web.json_response({"hash_type": "SHA1", "hash_value": digest, "download_url": url})

    async def bill_file(self, request: web.Request) -> web.Response:
        """A day's bill."""
        return web.Response(text=self.ledger.bill(date.fromisoformat(request.query["token"])) or "")

    async def index(self, _request: web.Request) -> web.Response:
        """All orders."""
        newest = list(self.ledger.trades.values())[: -SHOWN - 1 : -1]
        return web.Response(text=pages.index(newest), content_type="text/html")

    async def pay_page(self, request: web.Request) -> web.Response:
        """One order, and what can happen to it."""
        return web.Response(text=pages.pay(self._by_code(request)), content_type="text/html")

    async def act(self, request: web.Request) -> web.Response:
        """Somebody chose what happens."""
        trade = self._by_code(request)
        action = str((await request.post()).get("action", ""))
        # A page that was left open may offer what can no longer happen: it is shown as it is now.
        if action in pages.OFFERED[trade.state]:
            self.happen(trade, action)
        raise web.HTTPSeeOther(f"/pay/{trade.code}")

    async def money(self, _request: web.Request) -> web.Response:
        """Every movement of money, for tests."""
        return web.json_response({"items": self.ledger.movements()})

    def happen(self, trade: Trade, action: str) -> None:
        """Let one of `pages.ACTIONS` happen. Raises `Refusal`."""
        now = _now()
        if action == "duplicate" and trade.state == "NOTPAY":
            self.happen(trade, "paid")
        match action:
            case "paid" | "silent" | "skewed":
                paid = self.ledger.pay(trade.code, now)
            case "duplicate" | "late":
                paid = self.ledger.pay(trade.code, now, forced=True)
            case "wrong":
                paid = self.ledger.pay(trade.code, now, amount=trade.total - 1)
            case "closed":
                self.ledger.close(trade.out_trade_no)
                return
            case "repeat" if trade.transactions:
                paid = trade.transactions[-1]
            case _:
                raise Refusal(400, "PARAM_ERROR")
        if action != "silent":
            self._notify_paid(trade, paid, SKEW if action == "skewed" else timedelta(0))

    def _notify_paid(self, trade: Trade, paid: Transaction, skew: timedelta) -> None:
        told = self.wire.told_trade(trade, paid) | {"trade_state": "SUCCESS"}
        self._start(self._notify(trade.wanted["notify_url"], "TRANSACTION.SUCCESS", told, skew))

    async def _finish_refund(self, out_refund_no: str, notify_url: str) -> None:
        await asyncio.sleep(REFUND_TAKES_S)
        trade, refund = self.ledger.finish_refund(out_refund_no, _now())
        if notify_url:
            await self._notify(notify_url, "REFUND.SUCCESS", self.wire.told_refund(trade, refund), timedelta(0))

    async def _notify(self, url: str, event_type: str, told: dict[str, Any], skew: timedelta) -> None:
        body = self.wire.notice(event_type, told, _now())
        for pause in (*RETRY_AFTER_S, 0):
            if await self._delivered(url, body, self.wire.headers(body, _now() - skew)):
                return
            await asyncio.sleep(pause)

    async def _delivered(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        try:
            async with self._http.post(url, data=body, headers=headers) as answer:
                return answer.status in (200, 204)
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _by_code(self, request: web.Request) -> Trade:
        trade = self.ledger.by_code.get(request.match_info["code"])
        if trade is None:
            raise web.HTTPNotFound
        return trade

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self, _app: web.Application) -> None:
        for task in self._tasks:
            task.cancel()

    @web.middleware
    async def _signed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The merchant's requests are checked and answered with the platform's signature, refusals too."""
        if not request.path.startswith("/v3/"):
            return await or_refusal(handler, request)
        if self.away:
            raise web.HTTPBadGateway
        try:
            authorization = request.headers.get("Authorization", "")
            body = await request.read()
            self.wire.check_request(request.method, request.path_qs, body, authorization, _now())
        except Refusal as refusal:
            answer: web.StreamResponse = refused(refusal)
        else:
            answer = await or_refusal(handler, request)
        content = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        answer.headers.update(self.wire.headers(content, _now()))
        return answer


async def serve(host: str, port: int, secrets_dir: Path, state: Path, site: str, base: str) -> None:
    """Serve until cancelled or SIGTERM; `site` is where WeChat sends people back to, `base` where browsers find it."""
    state.parent.mkdir(parents=True, exist_ok=True)
    wire = load_wire(make_wechat_secrets(secrets_dir))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        app = Simulator(Ledger(state), wire, http).app()
        app.add_routes([web.get("/readyz", ready), *WechatLogin(make_login_secrets(secrets_dir), site).routes()])
        app.add_routes(SignOn(make_sign_on_secrets(secrets_dir), base, site).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            print(json.dumps({"event": "ready", "simulator": base}), flush=True)
            await terminated()
        finally:
            await runner.cleanup()


def main() -> None:
    """The command line: port, secrets and data folder as the platform's settings say unless told otherwise."""
    platform = Platform()
    parser = argparse.ArgumentParser(description="simulated WeChat Pay")
    parser.add_argument("--port", type=int, default=platform.port + SIMULATOR_PORT_OFFSET)
    parser.add_argument("--secrets", type=Path, default=platform.secrets_dir)
    parser.add_argument("--state", type=Path, default=platform.data / "wechat_pay.jsonl")
    wanted = parser.parse_args()
    if platform.environment == "production":
        parser.error("the simulator is not for production")
    base = platform.simulator_url or f"http://{platform.host}:{wanted.port}"
    asyncio.run(serve(platform.host, wanted.port, wanted.secrets, wanted.state, platform.site, base))


if __name__ == "__main__":
    main()
