"""The shop: the story's application, FastAPI on uvicorn (or on gunicorn with uvicorn's worker).

Times come from the environment, so that a scenario can scale them. Every arrival is also written to LAB_SEEN_FILE:
that is how the lab knows what the application really had, whatever its own log says.
"""
import asyncio
import json
import os
import random
import signal
import sys
import threading
import time
import traceback

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

HISTORY_SECONDS = float(os.environ.get("LAB_HISTORY_SECONDS", "0.05"))
REPORT_SECONDS = float(os.environ.get("LAB_REPORT_SECONDS", "0.05"))
HISTORY_IS_A_JOB = os.environ.get("LAB_HISTORY_IS_A_JOB") == "1"
REPORT_IN_THREADS = os.environ.get("LAB_REPORT_IN_THREADS") == "1"
DOWNLOAD_SECONDS = float(os.environ.get("LAB_DOWNLOAD_SECONDS", "0.05"))
DOWNLOAD_MB = int(os.environ.get("LAB_DOWNLOAD_MB", "0"))
MEMORY_LIMIT_MB = int(os.environ.get("LAB_MEMORY_LIMIT_MB", "0"))
START_SECONDS = float(os.environ.get("LAB_START_SECONDS", "0"))
HEADER_BYTES = int(os.environ.get("LAB_HEADER_BYTES", "1000"))
COLD_SECONDS = float(os.environ.get("LAB_COLD_SECONDS", "0"))
QUOTE_CPU_SECONDS = float(os.environ.get("LAB_QUOTE_CPU_SECONDS", "0.001"))
DEPENDENCY_SECONDS = float(os.environ.get("LAB_DEPENDENCY_SECONDS", "inf"))
COLD_QUERY_SECONDS = float(os.environ.get("LAB_COLD_QUERY_SECONDS", "0.5"))
STARTED = time.monotonic()
COLD_CACHE = asyncio.Lock()
SEEN = open(os.environ["LAB_SEEN_FILE"], "a", buffering=1) if "LAB_SEEN_FILE" in os.environ else None
ERRORS = open(os.environ["LAB_ERRORS_FILE"], "a", buffering=1) if "LAB_ERRORS_FILE" in os.environ else None

def watch_memory():
    """A container's memory limit: the kernel would kill, so does this."""
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        with open("/proc/self/statm") as file:
            if int(file.read().split()[1]) * page > MEMORY_LIMIT_MB * 1_000_000:
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)


if MEMORY_LIMIT_MB:
    threading.Thread(target=watch_memory, daemon=True).start()
time.sleep(START_SECONDS)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def trace_of(headers):
    for name, value in headers:
        if name == b"x-amzn-trace-id":
            return value.decode("latin-1").replace("Root=", "")
    return "-"


class RequestLog:
    """One line per finished request, with the load balancer's trace id."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/healthz/deep", "/livez"):
            return await self.inner(scope, receive, send)
        trace = trace_of(scope["headers"])
        if SEEN:
            SEEN.write(f"{time.time():.6f} {trace}\n")
        started = time.monotonic()
        status = ["-"]

        async def watch(message):
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + ("?" + query if query else "")
        try:
            await self.inner(scope, receive, watch)
        except Exception as error:
            status[0] = 500
            report(error, trace, scope["method"], path)
            raise
        finally:
            client = scope.get("client") or ("-", 0)
            elapsed = (time.monotonic() - started) * 1000
            sys.stdout.write(
                f'INFO:     {client[0]}:{client[1]} - "{scope["method"]} {path} HTTP/{scope["http_version"]}" '
                f"{status[0]} {elapsed:.0f}ms trace={trace}\n"
            )
            sys.stdout.flush()


def report(error, trace, method, path):
    """What an error tracker's SDK would send."""
    if not ERRORS:
        return
    frames = [
        {"filename": os.path.basename(f.filename), "function": f.name, "lineNo": f.lineno, "context": f.line}
        for f in traceback.extract_tb(error.__traceback__)
    ]
    ERRORS.write(
        json.dumps(
            {"time": time.time(), "type": type(error).__name__, "value": str(error), "trace": trace,
             "method": method, "path": path, "frames": frames[-4:]}
        )
        + "\n"
    )


def is_on(switch):
    """A fault that the lab switches while the application runs."""
    return os.path.exists(os.path.join(os.environ.get("LAB_SWITCHES", "/nonexistent"), switch))


async def work(low=0.004, high=0.03):
    await asyncio.sleep(random.uniform(low, high))


@app.get("/healthz")
async def healthz():
    return PlainTextResponse("ok")


@app.get("/healthz/deep")
async def healthz_deep():
    """A check that asks the database: one dependency takes every pod out."""
    if is_on("database-down"):
        return PlainTextResponse("database: connection refused", status_code=503)
    return PlainTextResponse("ok")


@app.get("/livez")
async def livez():
    return PlainTextResponse("ok")


@app.get("/")
async def home():
    await work()
    return PlainTextResponse("shop " * 70)


@app.get("/api/products/{number}")
async def product(number: int):
    await work()
    if time.monotonic() - STARTED < COLD_SECONDS:
        # Nothing is cached yet: one query at a time fills it. The probe does not ask for products.
        async with COLD_CACHE:
            if time.monotonic() - STARTED < COLD_SECONDS:
                await asyncio.sleep(COLD_QUERY_SECONDS)
    return {"id": number, "name": "lamp", "text": "x" * 400}


@app.get("/api/quotes/{number}")
def quote(number: int):
    """Arithmetic, in one of the threads that FastAPI has for this."""
    end = time.thread_time() + QUOTE_CPU_SECONDS
    while time.thread_time() < end:
        sum(range(200))
    return {"quote": number}


@app.get("/api/ledger/{number}")
async def ledger(number: int):
    await work()
    if is_on("database-down"):
        raise ConnectionError("database: connection refused")
    asked = time.monotonic()
    while is_on("database-stalled"):
        if time.monotonic() - asked > DEPENDENCY_SECONDS:
            return {"ledger": number, "stale": True}
        await asyncio.sleep(0.02)
    return {"ledger": number}


@app.get("/static/js/{name}")
async def static(name: str):
    return PlainTextResponse("z" * 700)


@app.get("/api/widgets/{number}")
async def widget(number: int):
    """From memory, at once: all widgets of a board are answered within a millisecond or two."""
    return {"widget": number, "value": number % 97}


@app.get("/search")
async def search(q: str = "", page: int = 1):
    await work(0.008, 0.05)
    return {"q": q, "page": page, "hits": ["lamp"] * 60}


@app.post("/api/scans/{scan}")
async def scan(scan: str, request: Request):
    await request.body()
    return {"scan": scan}


@app.post("/api/cart/{cart}")
async def cart(cart: str, request: Request):
    await request.body()
    await work()
    return {"cart": cart}


@app.post("/api/checkout")
async def checkout(request: Request, coupon: str = ""):
    body = await request.body()
    await work(0.02, 0.08)
    if coupon == "SUMMER":
        discount = {"WINTER": 10}[coupon]
        return {"discount": discount}
    return {"ok": True, "bytes": len(body)}


@app.get("/orders/{number}/history")
async def history(number: int):
    """Waits for something else, without holding the loop."""
    if HISTORY_IS_A_JOB:
        return JSONResponse({"job": number}, status_code=202, headers={"location": f"/jobs/{number}"})
    await asyncio.sleep(HISTORY_SECONDS)
    return {"order": number, "lines": [number] * 20}


@app.get("/downloads/{number}")
async def download(number: int):
    held = b"y" * (DOWNLOAD_MB * 1_000_000)
    await asyncio.sleep(DOWNLOAD_SECONDS)
    del held
    return PlainTextResponse("y" * 20000)


@app.get("/exports/{number}")
async def export(number: int):
    """An answer that takes its time after its head."""
    async def rows():
        for _ in range(20):
            await asyncio.sleep(DOWNLOAD_SECONDS / 20)
            yield "row " * 2000
    await work()
    return StreamingResponse(rows(), media_type="text/csv", headers={"content-length": str(20 * 8000)})


@app.get("/reports/{name}")
async def report_blocking(name: str):
    """The founding mistake: blocking code in `async def`. It holds the event loop, so nothing else is served."""
    if REPORT_IN_THREADS:
        await asyncio.to_thread(time.sleep, REPORT_SECONDS)
    else:
        time.sleep(REPORT_SECONDS)
    return {"report": name}


@app.get("/account/{number}")
async def account(number: int):
    """Header-happy: one customer in five carries every preference as a cookie."""
    await work()
    response = JSONResponse({"account": number})
    if number % 5 == 0:
        for i in range(0, HEADER_BYTES, 1000):
            response.headers.append("set-cookie", f"pref{i}=" + "p" * 960 + "; Path=/")
    return response


app = RequestLog(app)
