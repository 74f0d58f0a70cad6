"""A local Firehose endpoint over TLS for the cold starts, in a process of its own: acknowledges and counts records.

    python -m bench.firehose_endpoint SERVER_PEM

prints its port, serves until its standard input ends, then prints how many records it acknowledged.
"""

import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers PutRecord."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    acknowledged = 0

    def do_POST(self) -> None:
        record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Record"]["Data"]
        assert record
        type(self).acknowledged += 1
        answer = b'{"RecordId":"49633","Encrypted":false}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


class Endpoint(ThreadingHTTPServer):
    """Serves TLS; each handshake in its connection's own thread."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):  # clients are killed after their first answer
            raise


def main(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Endpoint(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    print(Handler.acknowledged, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
