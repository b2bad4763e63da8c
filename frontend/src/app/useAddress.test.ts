import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick } from "vue";
import { api } from "@/lib/api";
import type { StateUpdate } from "@/lib/messages";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";
import { useZoom } from "@/stores/zoom";
import { useAddress } from "./useAddress";

describe("the address", () => {
  const replaceState = vi.fn();
  const pushState = vi.fn();
  let goBack: () => void;

  function open(search: string) {
    const location = { search, pathname: "/" };
    const popstate: (() => void)[] = [];
    const addEventListener = (_name: string, listener: () => void) => popstate.push(listener);
    vi.stubGlobal("location", location);
    vi.stubGlobal("window", { location, addEventListener, removeEventListener: () => undefined });
    vi.stubGlobal("history", { replaceState, pushState });
    goBack = () => {
      location.search = search;
      for (const listener of popstate) listener();
    };
    setActivePinia(createPinia());
    effectScope().run(useAddress);
    const live = useLive();
    live.receive({
      type: "state_update",
      position: 4000,
      run: {},
      state: { episode: 1000 },
      trainer: { attempt: 1, episodes_finished: 1000 },
    } as unknown as StateUpdate);
    return { timeControl: useTimeControl(), view: useView() };
  }

  beforeEach(() => {
    vi.useFakeTimers();
    replaceState.mockReset();
    pushState.mockReset();
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
      timeControl.scrub(episode);
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
    expect(pushState).toHaveBeenCalledExactlyOnceWith(null, "", "/");
  });

  it("is a new one after a jump, so that Back undoes the jump", async () => {
    const { timeControl } = open("?episode=512");
    timeControl.seek(100);
    await nextTick();
    vi.advanceTimersByTime(200);
    expect(pushState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=100");
    goBack();
    await nextTick();
    expect([timeControl.playState, timeControl.episode]).toEqual(["paused", 512]);
    expect(pushState).toHaveBeenCalledOnce();
  });

  it("of where a drag came to rest is kept when a jump follows at once", async () => {
    const { timeControl } = open("");
    timeControl.scrub(70);
    await nextTick();
    timeControl.seek(100);
    await nextTick();
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=70");
    vi.advanceTimersByTime(200);
    expect(pushState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=100");
  });

  it("is a new one for each of two jumps, and none for the jump that Back has just undone", async () => {
    const { timeControl } = open("?episode=512");
    timeControl.seek(100);
    await nextTick();
    timeControl.seek(200);
    await nextTick();
    expect(pushState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=100");
    goBack();
    await nextTick();
    vi.advanceTimersByTime(200);
    expect(pushState).toHaveBeenCalledOnce();
    expect(replaceState).toHaveBeenLastCalledWith(null, "", "/?episode=512");
  });

  it("is none when the history plays on to the present by itself", async () => {
    const { timeControl } = open("?episode=990");
    timeControl.togglePlaying();
    timeControl.advance(100);
    await nextTick();
    expect(timeControl.following).toBe(true);
    vi.advanceTimersByTime(200);
    expect(pushState).not.toHaveBeenCalled();
  });

  it("holds the charts' zoom and the loop", async () => {
    const { timeControl } = open("?zoom=400-700&loop=440-460");
    expect([useZoom().stretch, timeControl.loop]).toEqual([
      { first: 400, last: 700 },
      { first: 440, last: 460 },
    ]);
    useZoom().reset();
    await nextTick();
    vi.advanceTimersByTime(200);
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/?loop=440-460");
  });
});
