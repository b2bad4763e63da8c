import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StateUpdate } from "@/lib/messages";
import { useLive } from "./live";

/** As much of a message as the store looks at. */
function update(position: number): StateUpdate {
  return {
    type: "state_update",
    server_time: 0,
    position,
    run: { run_id: "a" },
    trainer: { position },
    state: { episode: position / 4 },
    disk: null,
    alarms: [],
  } as unknown as StateUpdate;
}

describe("a viewer who is given to a server that is behind", () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("keeps what it shows until the server has caught up", () => {
    const live = useLive();
    live.receive(update(400));
    live.receive(update(360));
    expect([live.position, live.newest]).toEqual([400, 100]);
    live.receive(update(404));
    expect([live.position, live.newest]).toEqual([404, 101]);
  });

  it("goes back with a run that was restored from a backup", () => {
    const live = useLive();
    live.receive(update(400));
    vi.advanceTimersByTime(31_000);
    live.receive(update(200));
    expect(live.newest).toBe(50);
  });

  it("shows another run at the same address at once", () => {
    const live = useLive();
    live.receive(update(400));
    const other = update(8);
    live.receive({ ...other, run: { ...other.run, run_id: "b" } });
    expect(live.newest).toBe(2);
  });
});
