/** History playing by itself: 1, 10 or 100 episodes a second, until it has caught up with the present. */

import { onScopeDispose, watch } from "vue";
import { useLive } from "../stores/live";
import { useMoment } from "../stores/moment";

export function usePlayback(): void {
  const moment = useMoment();
  const live = useLive();
  let frame = 0;
  let before: number | null = null;
  let owed = 0;

  function advance(now: number): void {
    frame = requestAnimationFrame(advance);
    owed += before === null ? 0 : Math.min(0.25, (now - before) / 1000) * moment.speed;
    before = now;
    const whole = Math.floor(owed);
    if (whole === 0) return;
    owed -= whole;
    if (moment.episode + whole >= live.newest) moment.goLive();
    else moment.seek(moment.episode + whole);
  }

  watch(
    () => moment.playing,
    (playing) => {
      cancelAnimationFrame(frame);
      before = null;
      owed = 0;
      if (playing) frame = requestAnimationFrame(advance);
    },
  );
  onScopeDispose(() => cancelAnimationFrame(frame));
}
