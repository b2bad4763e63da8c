import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick } from "vue";
import { api } from "@/lib/api";
import type { StateUpdate } from "@/lib/messages";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";
import { useAddress } from "./useAddress";

describe("the address", () => {
  const replaceState = vi.fn();

  function open(search: string) {
    vi.stubGlobal("window", { location: { search, pathname: "/" } });
    vi.stubGlobal("history", { replaceState });
    setActivePinia(createPinia());
    effectScope().run(useAddress);
    const live = useLive();
    live.receive({
      type: "state_update",
      state: { episode: 1000 },
      trainer: { attempt: 1, episodes_finished: 1000 },
    } as unknown as StateUpdate);
    return { timeControl: useTimeControl(), view: useView() };
  }

  beforeEach(() => {
    vi.useFakeTimers();
    replaceState.mockReset();
    vi.spyOn(api, "state").mockReturnValue(new Promise(() => undefined));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("is read when the page opens", () => {
    const { timeControl, view } = open("?episode=512&speed=10&map=novelty&compare=3,4@2");
    expect([timeControl.playState, timeControl.episode, timeControl.speed]).toEqual(["paused", 512, 10]);
    expect([view.map, view.compare]).toEqual(["novelty", [{ episode: 3 }, { episode: 4, attempt: 2 }]]);
  });

  it("is written once a drag has come to rest, and keeps what is not its own", async () => {
    const { timeControl } = open("?theme=dark");
    for (let episode = 1; episode < 50; episode += 1) {
      timeControl.seek(episode);
      await nextTick();
      vi.advanceTimersByTime(20);
    }
    expect(replaceState).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=49&theme=dark");
  });

  it("names no episode while the page follows the present", async () => {
    const { timeControl } = open("?episode=512");
    timeControl.follow();
    await nextTick();
    vi.advanceTimersByTime(200);
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/");
  });
});
