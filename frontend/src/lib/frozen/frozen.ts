/** Whether this build is a frozen copy, which reads recorded responses from files and needs no server. */
export const FROZEN = import.meta.env.MODE === "frozen";
