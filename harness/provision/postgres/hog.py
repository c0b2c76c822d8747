"""`python -m harness.provision.postgres.hog`: take a server's connections until it refuses, and keep them.

Standard input has one JSON object: `port`, `database`, `user`, `password`. The process prints how many it took when the
server refuses the next one, goes into the background, and takes whatever becomes free until it is ended.
"""

import json
import os
import sys
import threading
import time

_PAUSE_S = 0.02
_MOST = 2000
_CROWD = 6


def main() -> int:
    """Take them; exit code 0 when the server refused, 1 when it could not be reached or never refuses."""
    import psycopg

    address = json.load(sys.stdin)
    held: list[psycopg.Connection[tuple[object, ...]]] = []

    def take() -> bool:
        try:
            held.append(
                psycopg.connect(
                    host="127.0.0.1",
                    port=address["port"],
                    dbname=address["database"],
                    user=address["user"],
                    password=address["password"],
                    connect_timeout=2,
                    application_name="faultline-hog",
                )
            )
        except psycopg.OperationalError:
            return False
        return True

    reading, writing = os.pipe()
    if os.fork():
        # The one that was asked only waits for the other's word, so that nobody has a child to look after.
        os.close(writing)
        told = os.read(reading, 32).decode()
        print(told)
        return 0 if told.isdecimal() and int(told) else 1
    os.setsid()

    def take_all() -> None:
        while take() and len(held) < _MOST:
            continue

    # A connection costs both sides a password's worth of hashing: one after the other would take seconds.
    crowd = [threading.Thread(target=take_all) for _ in range(_CROWD)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    os.write(writing, str(len(held) % _MOST).encode())
    os.close(writing)
    for stream in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    while held:
        if not take():
            time.sleep(_PAUSE_S)
        held = [connection for connection in held if not connection.closed]
    return 0


if __name__ == "__main__":
    sys.exit(main())
