"""A chat worker without a model: it speaks the same messages and answers with words of its own.

``python fake_chat_worker.py [TOKENS-PER-S]``. What is asked steers it: "say TEXT" says the text in pieces of three
letters, "long" goes on to max_new_tokens, "nothing" ends at once, "crash" kills it, "break" fails, anything else is
answered with side, settings and the conversation as it was received. ``refuse`` instead of a speed fails to load.
"""

import json
import os
import queue
import signal
import sys
import threading
import time

WORDS = (
    "one **two** [three](x) `four` five, six [bold]seven[/] eight and so on, in a sentence of the usual length, which "
    "is followed by another one that says no more than the first, and by a third. Then a list:\n\n- apples \n- pears, "
    "which are *longer* than apples \n- plums\n\nand a new paragraph, that goes on for as long as paragraphs do in the "
    "answers of models that like to talk, and then ends. "
)


def say(kind, **fields):
    sys.stdout.write(json.dumps({"kind": kind, **fields}) + "\n")
    sys.stdout.flush()


def pieces(request):
    asked = request["messages"][-1]["content"]
    if asked.startswith("say "):
        text = asked.removeprefix("say ").encode().decode("unicode_escape")
        return [text[place : place + 3] for place in range(0, len(text), 3)]
    if asked == "nothing":
        return []
    if asked == "long":
        words = WORDS.split(" ")
        return [f"{words[place % len(words)]} " for place in range(request["sampling"]["max_new_tokens"])]
    heard = " | ".join(f"{one['role']}: {one['content']}" for one in request["messages"])
    return [f"{request['side']} heard ", heard, f" with seed {request['sampling']['seed']}"]


def answer(request, stopped, rate):
    number, asked = request["id"], request["messages"][-1]["content"]
    if asked == "crash":
        print("Segfault soon", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if asked == "break":
        say("done", id=number, finish="failed", reason="It broke.")
        return
    say("begun", id=number, prompt_tokens=7)
    begun, said, finish = time.perf_counter(), [], "length" if asked == "long" else "stop"
    for place, piece in enumerate(pieces(request), 1):
        if rate:
            time.sleep(max(0.0, begun + place / rate - time.perf_counter()))
        if number in stopped:
            finish = "stopped"
            break
        said.append(piece)
        say("piece", id=number, piece=piece, new_tokens=place, seconds=time.perf_counter() - begun)
    new = len(said) + (finish == "stop")
    told = {"text": "".join(said), "new_tokens": new, "seconds": time.perf_counter() - begun, "first_token_s": 0.1}
    say("done", id=number, finish=finish, prompt_tokens=7, **told)


def read(requests, stopped):
    for line in sys.stdin:
        message = json.loads(line)
        stopped.add(message["id"]) if message["do"] == "stop" else requests.put(message)
    os._exit(0)


def main(rate="0"):
    requests, stopped = queue.SimpleQueue(), set()
    threading.Thread(target=read, args=(requests, stopped), daemon=True).start()
    say("loading", stage="starting the libraries")
    if rate == "refuse":
        say("failed", text="There is no model here.", exit_code=2)
        return
    say("ready", device="cpu", device_name="a CPU", dtype="float32", quant="none", context_tokens=512, seconds=0.1)
    while True:
        answer(requests.get(), stopped, float(rate))


if __name__ == "__main__":
    main(*sys.argv[1:])
