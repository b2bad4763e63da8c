/** Questions about towns, which the server answers by the rules of `producer town check`. */

import type { ShippedTown, TownAnswer, TownQuestion } from "@/lib/messages";
import { address } from "@/lib/root";

/** What is wrong and what is odd in a town, and its file. */
export function checkTown(question: TownQuestion, signal?: AbortSignal): Promise<TownAnswer> {
  return ask("api/town/check", { method: "POST", body: JSON.stringify(question), signal: signal ?? null });
}

/** The configurations that come along. */
export function shippedTowns(): Promise<ShippedTown[]> {
  return ask("api/towns", {});
}

/** Throws the server's own sentence when it answers anything but 200. */
async function ask<T>(path: string, options: RequestInit): Promise<T> {
  const response = await fetch(address(path), options);
  if (!response.ok) {
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(body.error ?? `${path} answered ${response.status}`);
  }
  return (await response.json()) as T;
}
