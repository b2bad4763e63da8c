/** History playing by itself: 1, 10 or 100 episodes a second, until it has caught up with the present. */

import { onScopeDispose, watch } from "vue";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";

export function usePlayback(): void {
  const timeControl = useTimeControl();
  const live = useLive();
  let frame = 0;
  let before: number | null = null;
  let owed = 0;

  function advance(now: number): void {
    frame = requestAnimationFrame(advance);
    owed += before === null ? 0 : Math.min(0.25, (now - before) / 1000) * timeControl.speed;
    before = now;
    const whole = Math.floor(owed);
    if (whole === 0) return;
    owed -= whole;
    if (timeControl.episode + whole >= live.newest) timeControl.goLive();
    else timeControl.seek(timeControl.episode + whole);
  }

  watch(
    () => timeControl.playing,
    (playing) => {
      cancelAnimationFrame(frame);
      before = null;
      owed = 0;
      if (playing) frame = requestAnimationFrame(advance);
    },
  );
  onScopeDispose(() => cancelAnimationFrame(frame));
}
