import { seededRandom } from "../random.ts";
import type { ServiceName } from "../service.ts";

export interface ServiceLatency {
  readonly medianInMs: number;
  readonly p95InMs: number;
}

/** How long services take to answer: not at all, as Azure's do, or as given. */
export type Latency = "none" | "azure" | Readonly<Partial<Record<ServiceName, ServiceLatency>>>;

// Rough figures of a client in the same region; nothing is published. Good for seeing what runs one after the other.
const AZURE: Readonly<Record<ServiceName, ServiceLatency>> = {
  entra: { medianInMs: 120, p95InMs: 300 },
  "managed-identity": { medianInMs: 15, p95InMs: 80 },
  graph: { medianInMs: 110, p95InMs: 350 },
  arm: { medianInMs: 130, p95InMs: 450 },
  "key-vault": { medianInMs: 30, p95InMs: 100 },
  "log-analytics": { medianInMs: 600, p95InMs: 2_500 },
  "logs-ingestion": { medianInMs: 60, p95InMs: 200 },
  storage: { medianInMs: 15, p95InMs: 60 },
  aks: { medianInMs: 25, p95InMs: 120 },
};

/** Every answer after the same time, so that what takes long is what was asked one after the other. */
export function alwaysAfter(latencyInMs: number): Readonly<Record<ServiceName, ServiceLatency>> {
  const always = { medianInMs: latencyInMs, p95InMs: latencyInMs };
  return {
    entra: always,
    "managed-identity": always,
    graph: always,
    arm: always,
    "key-vault": always,
    "log-analytics": always,
    "logs-ingestion": always,
    storage: always,
    aks: always,
  };
}

/** Draws one delay per request, log-normal between the median and the 95th percentile, from a seed. */
export function latencyModel(latency: Latency, seed: string | number): (service: ServiceName) => number {
  if (latency === "none") return () => 0;
  const table = latency === "azure" ? AZURE : latency;
  const random = seededRandom(`${seed}:latency`);
  return (service) => {
    const figures = table[service];
    if (!figures) return 0;
    // Box-Muller; 1.645 standard deviations above the median is the 95th percentile.
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const sigma = Math.log(figures.p95InMs / figures.medianInMs) / 1.645;
    return figures.medianInMs * Math.exp(sigma * normal);
  };
}
