"""A listener with python-hl7, as its documentation has it: python hl7_server.py PORT [DATABASE]."""

import asyncio
import sqlite3
import sys

import hl7
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server


def store(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS heard (control TEXT, patient TEXT, died TEXT)")
    return db


async def serve(port: int, path: str) -> None:
    db = store(path) if path else None

    async def link(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                if db:
                    pid = message.segment("PID")
                    row = (str(message.segment("MSH")[10]), str(pid[3][0][0]), str(pid[30]) if len(pid) > 30 else "")
                    db.execute("INSERT INTO heard VALUES (?, ?, ?)", row)
                writer.writemessage(message.create_ack())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, hl7.HL7Exception):
            writer.close()

    server = await start_hl7_server(link, host="127.0.0.1", port=port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
