"""Waiting for the Runs screen, and moving its cursor."""

import asyncio


async def until(pilot, done):
    async with asyncio.timeout(30):
        while not done():
            await pilot.pause(0.02)
    await pilot.pause()


async def read(app, pilot):
    """Wait until the runs have been read."""
    await until(pilot, lambda: app.rows is not None and app.screen.chosen() is not None)


async def at(app, pilot, run):
    await read(app, pilot)
    assert app.screen.table.move_to(run.id)
    await pilot.pause()
