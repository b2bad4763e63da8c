/** Whether this build is a frozen copy: it reads recorded answers from the files beside it, and asks no server. */
export const FROZEN = import.meta.env.MODE === "frozen";
