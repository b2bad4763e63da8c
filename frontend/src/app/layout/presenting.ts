/** True where nobody can click, as on a stream; panels then hide their controls. */

import type { InjectionKey } from "vue";

export const PRESENTING: InjectionKey<boolean> = Symbol("presenting");
