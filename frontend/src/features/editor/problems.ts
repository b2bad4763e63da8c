/** Which problem belongs to which field: a problem names its key, a field knows where in the file it stands. */

import { computed, inject, type ComputedRef, type InjectionKey } from "vue";
import type { Problem } from "@/lib/messages";

export const PROBLEMS: InjectionKey<ComputedRef<Problem[]>> = Symbol("problems of the town");

/** The problems of the key `path`, and with `inside` of every key below it, in words. */
export function problemsAt(problems: readonly Problem[], path: string, inside = true): string[] {
  return problems
    .filter(
      ({ key }) => key === path || (inside && (key.startsWith(`${path}.`) || key.startsWith(`${path}[`))),
    )
    .map(({ text }) => text);
}

/** The problems of a field, as they change. */
export function useProblems(path: () => string, inside?: () => boolean): ComputedRef<string[]> {
  const all = inject(PROBLEMS, undefined);
  return computed(() => problemsAt(all?.value ?? [], path(), inside?.() ?? true));
}
