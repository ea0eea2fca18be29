import type { LoadedFunction } from "../function-runner.ts";
import type { HostRequest, HostResponse } from "../http-message.ts";
import { templateOf, methodsOf } from "../http/http-routes.ts";

export interface AdminApiOptions {
  readonly functions: readonly LoadedFunction[];
  readonly inError: readonly { readonly name: string; readonly reason: string }[];
  readonly disabled: ReadonlySet<string>;
  readonly hostId: string;
  readonly routePrefix: string;
  readonly startedAt: number;
  readonly baseUrl: () => string;
  readonly now: () => number;
  /** Runs a function in the background, with the text given as its input. */
  runNow(target: LoadedFunction, input: string): void;
}

/** The version this host reports; its last part tells it from a real one. */
const hostVersion = "4.1037.0-tourniquet";

/** The part of the admin API that tools and people use locally. No key is asked for, as under Core Tools. */
export class AdminApi {
  readonly #options: AdminApiOptions;

  constructor(options: AdminApiOptions) {
    this.#options = options;
  }

  /** Answers requests below `/admin`; undefined for what the real host has and this one has not. */
  async handle({ method, path, headers, body }: HostRequest): Promise<HostResponse | undefined> {
    const route = path.replace(/\/$/, "").toLowerCase();
    if (route === "/admin/host/ping" && (method === "GET" || method === "POST"))
      return { status: 200, headers: { "cache-control": "no-store,no-cache", pragma: "no-cache" } };
    if (route === "/admin/host/status" && method === "GET") return json(this.#status());
    if (route === "/admin/functions" && method === "GET")
      return json(this.#options.functions.map((it) => this.#describe(it)));

    const [, name, rest] = /^\/admin\/functions\/([^/]+)(\/status)?$/i.exec(path) ?? [];
    if (name === undefined) return undefined;
    const target = this.#find(name);
    if (method === "GET") {
      if (target === undefined) return { status: 404 };
      return json(rest === undefined ? this.#describe(target) : this.#functionStatus(target));
    }
    if (method !== "POST" || rest !== undefined) return undefined;
    if (!/^application\/(?:[\w.]+\+)?json\b/i.test(headers["content-type"] ?? "")) return { status: 415 };
    const input = inputOf(body);
    if (input === undefined) return { status: 400 };
    if (target === undefined) return { status: 404 };
    this.#options.runNow(target, input);
    return { status: 202 };
  }

  #find(name: string): LoadedFunction | undefined {
    return this.#options.functions.find((it) => it.name.toLowerCase() === name.toLowerCase());
  }

  #status(): object {
    const { hostId, inError, startedAt, now } = this.#options;
    return {
      id: hostId,
      state: "Running",
      version: hostVersion,
      versionDetails: hostVersion,
      platformVersion: "",
      instanceId: "",
      computerName: "",
      processUptime: now() - startedAt,
      functionAppContentEditingState: "Unknown",
      ...(inError.length === 0
        ? {}
        : { errors: inError.map(({ name, reason }) => `The '${name}' function is in error: ${reason}`) }),
    };
  }

  #functionStatus({ name }: LoadedFunction): object {
    const errors = this.#options.inError.filter((it) => it.name === name).map((it) => it.reason);
    return errors.length === 0 ? {} : { errors };
  }

  #describe(target: LoadedFunction): object {
    const { baseUrl, routePrefix, disabled } = this.#options;
    const { name } = target;
    const prefix = routePrefix === "" ? "" : `${routePrefix}/`;
    return {
      name,
      href: `${baseUrl()}/admin/functions/${name}`,
      invoke_url_template: target.kind === "http" ? `${baseUrl()}/${prefix}${templateOf(target)}` : null,
      ...(target.kind === "http" ? { methods: methodsOf(target) } : {}),
      language: "node",
      isDisabled: disabled.has(name),
      isDirect: false,
      config: {
        name,
        language: "node",
        bindings: Object.entries(target.bindings).map(([bindingName, it]) => ({
          ...it,
          name: bindingName,
        })),
      },
    };
  }
}

/** The `input` of an admin run; undefined when the body is not the object it has to be. */
function inputOf(body: Uint8Array): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const entry = Object.entries(parsed).find(([name]) => name.toLowerCase() === "input");
  const input: unknown = entry?.[1];
  if (input == null) return "";
  return typeof input === "string" ? input : JSON.stringify(input);
}

function json(value: unknown): HostResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}
