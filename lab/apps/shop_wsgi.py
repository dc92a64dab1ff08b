"""The shop as a WSGI application, for gunicorn's sync and gthread workers."""
import os
import random
import sys
import time

REPORT_SECONDS = float(os.environ.get("LAB_REPORT_SECONDS", "0.05"))
HISTORY_SECONDS = float(os.environ.get("LAB_HISTORY_SECONDS", "0.05"))
SEEN = open(os.environ["LAB_SEEN_FILE"], "a", buffering=1) if "LAB_SEEN_FILE" in os.environ else None


def app(environ, start_response):
    path = environ["PATH_INFO"]
    started = time.monotonic()
    trace = environ.get("HTTP_X_AMZN_TRACE_ID", "-").replace("Root=", "")
    if path in ("/healthz", "/livez"):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]
    if SEEN:
        SEEN.write(f"{time.time():.6f} {trace}\n")
    status, body = answer(path, environ)
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    query = environ.get("QUERY_STRING", "")
    full = path + ("?" + query if query else "")
    elapsed = (time.monotonic() - started) * 1000
    sys.stdout.write(
        f'{environ.get("REMOTE_ADDR", "-")} - "{environ["REQUEST_METHOD"]} {full} HTTP/1.1" '
        f"{status[:3]} {elapsed:.0f}ms trace={trace}\n"
    )
    sys.stdout.flush()
    return [body]


def answer(path, environ):
    if path.startswith("/reports/"):
        time.sleep(REPORT_SECONDS)
        return "200 OK", b"report " * 20
    if path.startswith("/orders/"):
        time.sleep(HISTORY_SECONDS)
        return "200 OK", b"order " * 40
    if path.startswith(("/old/", "/wp-")):
        return "404 Not Found", b"not found"
    if path.startswith("/api/widgets/"):
        return "200 OK", b"widget"
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        environ["wsgi.input"].read(length)
    time.sleep(random.uniform(0.004, 0.03))
    return "200 OK", b"shop " * 80
