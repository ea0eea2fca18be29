import { readFileSync } from "node:fs";

/** The most memory a process ever had. Linux only; 0 elsewhere. */
export function peakMemoryInKib(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0");
  } catch {
    return 0;
  }
}
