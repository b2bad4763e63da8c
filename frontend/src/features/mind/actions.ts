/** The actions of the log: direction and words. */

export interface Move {
  dx: number;
  dy: number;
}

const MOVES: Record<string, Move> = {
  UP: { dx: 0, dy: -1 },
  DOWN: { dx: 0, dy: 1 },
  LEFT: { dx: -1, dy: 0 },
  RIGHT: { dx: 1, dy: 0 },
};
const SIGNS: Record<string, string> = { UP: "↑", DOWN: "↓", LEFT: "←", RIGHT: "→", INTERACT: "●" };
const WORDS: Record<string, string> = {
  UP: "go up",
  DOWN: "go down",
  LEFT: "go left",
  RIGHT: "go right",
  INTERACT: "use what is here",
};

/** The displacement of a move; null for an action without a move. */
export function moveOf(action: string): Move | null {
  return MOVES[action] ?? null;
}

export function signOf(action: string): string {
  return SIGNS[action] ?? action.charAt(0);
}

/** "LEFT" → "go left". */
export function wordsOf(action: string): string {
  return WORDS[action] ?? action.toLowerCase();
}
