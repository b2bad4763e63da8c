/** The drawing of an affordance by its kind, which may be another name ("Bed2" is a Bed). */

import { useLive } from "@/stores/live";
import { iconOf } from "./icons";

export function useIcon(): (affordance: string) => string | null {
  const live = useLive();
  return (affordance) => iconOf(live.run?.kinds[affordance] ?? affordance);
}
