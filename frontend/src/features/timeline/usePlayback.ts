/** Plays history until the newest episode. */

import { usePacedSteps } from "@/lib/usePacedSteps";
import { useTimeControl } from "@/stores/timeControl";

export function usePlayback(): void {
  const timeControl = useTimeControl();
  usePacedSteps(
    () => timeControl.playing,
    () => timeControl.speed,
    timeControl.advance,
  );
}
