/** Provided as true where nobody can click, as on a stream: panels then leave their controls away. */

import type { InjectionKey } from "vue";

export const PRESENTING: InjectionKey<boolean> = Symbol("presenting");
