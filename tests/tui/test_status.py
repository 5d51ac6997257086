"""What the app knows of the machine, looked at again and again by one look each."""

import asyncio
import itertools

from workbench.tui import status


async def test_a_gpu_whose_memory_changes_is_looked_at_by_one_look_at_a_time(drive, recorded, monkeypatch):
    looks = itertools.count()
    monkeypatch.setattr(status, "GPU_S", 0.01)
    monkeypatch.setattr(status, "gpu_text", lambda: f"GPU 0 {next(looks)}.0/80.0 GiB")
    async with drive(recorded.workspace) as (app, pilot):
        async with asyncio.timeout(20):
            while next(looks) < 20:
                await pilot.pause(0.01)
        assert sum(worker.group == "look" and worker.is_running for worker in app.workers) == 2
        assert app.gpu.startswith("GPU 0 ")
