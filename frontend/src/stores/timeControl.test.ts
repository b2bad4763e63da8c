import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import { api } from "@/lib/api";
import type { TrainerStatus, State, StateUpdate } from "@/lib/messages";
import { useConnection } from "./connection";
import { useLive } from "./live";
import { useTimeControl } from "./timeControl";

const trainer = {
  status: "running",
  detail: "",
  attempt: 1,
  last_event_at: 0,
  position: 4000,
} as TrainerStatus;

function update(episode: number, attempt = 1): StateUpdate {
  return {
    type: "state_update",
    // a later attempt is later in the log, also where it repeats episodes
    position: episode * 4 + attempt * 100_000,
    trainer: { ...trainer, attempt, episodes_finished: episode },
    run: {},
    state: { episode },
    alarms: [],
    server_time: 0,
  } as unknown as StateUpdate;
}

describe("the moment looked at", () => {
  /** The questions put to the server, each to be answered or refused by the test. */
  let asked: { episode: number; answer(): Promise<void>; refuse(): Promise<void> }[];
  const episodes = (): number[] => asked.map(({ episode }) => episode);

  function open(newest = 0) {
    setActivePinia(createPinia());
    const live = useLive();
    const timeControl = useTimeControl();
    if (newest > 0) live.receive(update(newest));
    return { live, timeControl };
  }
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    vi.spyOn(api, "state").mockImplementation(
      (episode) =>
        new Promise<State>((resolve, reject) =>
          asked.push({
            episode,
            async answer() {
              resolve({ episode } as State);
              await settle();
            },
            async refuse() {
              reject(new Error("the read model is away"));
              await settle();
            },
          }),
        ),
    );
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("follows the present at first", () => {
    const { timeControl } = open(1000);
    expect([timeControl.playState, timeControl.episode, timeControl.shown!.episode]).toEqual([
      "following",
      1000,
      1000,
    ]);
  });

  it("asks for one moment at a time and drops the wishes in between", async () => {
    const { timeControl } = open(1000);
    for (const episode of [100, 200, 300, 400]) timeControl.seek(episode);
    expect(episodes()).toEqual([100]);
    await asked[0]!.answer();
    expect(timeControl.shown!.episode).toBe(100);
    expect(episodes()).toEqual([100, 400]);
    await asked[1]!.answer();
    expect([timeControl.playState, timeControl.shown!.episode]).toEqual(["paused", 400]);
    expect(episodes()).toEqual([100, 400]);
  });

  it("asks only once for what it knows", async () => {
    const { timeControl } = open(1000);
    timeControl.seek(100);
    await asked[0]!.answer();
    timeControl.seek(200);
    await asked[1]!.answer();
    timeControl.seek(100);
    await settle();
    expect(episodes()).toEqual([100, 200]);
    expect(timeControl.shown!.episode).toBe(100);
  });

  it("forgets the past when a resumed run has another one, even what is on its way", async () => {
    const { live, timeControl } = open(1000);
    timeControl.seek(100);
    await asked[0]!.answer();
    timeControl.seek(200);
    live.receive(update(990, 2));
    await nextTick();
    await asked[1]!.answer();
    expect(episodes()).toEqual([100, 200, 200]);
    await asked[2]!.answer();
    timeControl.seek(100);
    expect(episodes()).toEqual([100, 200, 200, 100]);
  });

  it("does not move when the present does, and goes back to it", async () => {
    const { live, timeControl } = open(1000);
    timeControl.seek(100);
    await asked[0]!.answer();
    live.receive(update(1001));
    expect(timeControl.shown!.episode).toBe(100);
    timeControl.follow();
    expect([timeControl.following, timeControl.shown!.episode]).toEqual([true, 1001]);
  });

  it("shows nothing of an answer that comes after the return to the present", async () => {
    const { timeControl } = open(1000);
    timeControl.seek(100);
    timeControl.follow();
    await asked[0]!.answer();
    expect(timeControl.shown!.episode).toBe(1000);
  });

  it("stays within the run", () => {
    const { timeControl } = open(1000);
    timeControl.seek(-5);
    expect(timeControl.episode).toBe(1);
    timeControl.seek(5000);
    expect(timeControl.episode).toBe(1000);
  });

  it("starts where the address says, as soon as the run is known", async () => {
    const { live, timeControl } = open();
    timeControl.restore(512);
    await settle();
    expect([timeControl.playState, timeControl.settled, episodes()]).toEqual(["paused", 512, []]);
    live.receive(update(1000));
    await nextTick();
    expect(episodes()).toEqual([512]);
  });

  it("goes to the newest episode when the address names one the run does not have, and says so", async () => {
    const { live, timeControl } = open();
    timeControl.restore(99_999);
    live.receive(update(1000));
    await nextTick();
    expect([timeControl.playState, timeControl.episode, timeControl.missing]).toEqual([
      "paused",
      1000,
      99_999,
    ]);
    expect(episodes()).toEqual([1000]);
    timeControl.seek(900);
    expect(timeControl.missing).toBeNull();
  });

  it.each([
    ["the line to the server is back", () => (useConnection().line = "connected")],
    ["the read model is back", () => useLive().receive(update(1001))],
  ])("asks again what could not be answered when %s", async (_, happens) => {
    const { timeControl } = open(1000);
    timeControl.seek(100);
    await asked[0]!.refuse();
    expect([episodes(), timeControl.shown]).toEqual([[100], null]);
    happens();
    await nextTick();
    expect(episodes()).toEqual([100, 100]);
    await asked[1]!.answer();
    expect(timeControl.shown!.episode).toBe(100);
  });

  it("plays from the first episode when following, and from where it stands otherwise", () => {
    const { timeControl } = open(1000);
    timeControl.togglePlaying();
    expect([timeControl.playState, timeControl.episode]).toEqual(["playing", 1]);
    timeControl.advance(10);
    timeControl.togglePlaying();
    expect([timeControl.playState, timeControl.episode]).toEqual(["paused", 11]);
    timeControl.togglePlaying();
    expect([timeControl.playState, timeControl.episode]).toEqual(["playing", 11]);
  });

  it("follows once playing has caught up, and pauses when somebody seeks", () => {
    const { timeControl } = open(1000);
    timeControl.seek(985);
    timeControl.togglePlaying();
    timeControl.advance(10);
    timeControl.seek(985);
    expect(timeControl.playState).toBe("paused");
    timeControl.togglePlaying();
    timeControl.advance(20);
    expect([timeControl.playState, timeControl.episode]).toEqual(["following", 1000]);
  });

  it("says where a drag came to rest, and at once that it is over", async () => {
    const { timeControl } = open(1000);
    for (const episode of [10, 20, 30]) {
      timeControl.seek(episode);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(timeControl.settled).toBeNull();
    await vi.advanceTimersByTimeAsync(100);
    expect(timeControl.settled).toBe(30);
    timeControl.follow();
    await nextTick();
    expect(timeControl.settled).toBeNull();
  });

  it("goes round and round a loop, which nothing but the viewer ends", () => {
    const { timeControl } = open(1000);
    timeControl.loop = { first: 100, last: 110 };
    timeControl.togglePlaying();
    expect([timeControl.playState, timeControl.episode]).toEqual(["playing", 100]);
    timeControl.advance(10);
    expect(timeControl.episode).toBe(110);
    timeControl.advance(1);
    expect([timeControl.playState, timeControl.episode]).toEqual(["playing", 100]);
    timeControl.advance(5000);
    expect([timeControl.playState, timeControl.episode]).toEqual(["playing", 100]);
  });

  it("counts jumps, not what a drag passes", () => {
    const { timeControl } = open(1000);
    for (const episode of [10, 20, 30]) timeControl.scrub(episode);
    expect(timeControl.jumps).toBe(0);
    timeControl.seek(40);
    timeControl.follow();
    timeControl.follow();
    expect(timeControl.jumps).toBe(2);
  });
});
