import type { LoadedFunction } from "../function-runner.ts";
import type { Route } from "./route-table.ts";
import { parseRouteTemplate } from "./route-template.ts";

export interface HttpRoutes {
  readonly routes: readonly Route<LoadedFunction>[];
  readonly inError: readonly { readonly name: string; readonly reason: string }[];
}

/** Makes routes of HTTP functions. Templates ASP.NET would refuse, reserved and doubled routes put the function in error. */
export function httpRoutes(functions: readonly LoadedFunction[], routePrefix: string): HttpRoutes {
  const routes: Route<LoadedFunction>[] = [];
  const inError: { name: string; reason: string }[] = [];
  const taken: { name: string; template: string; methods: readonly string[] }[] = [];

  for (const it of functions) {
    if (it.kind !== "http") continue;
    const { name } = it;
    const template = templateOf(it);
    const methods = methodsOf(it);
    // The real host compares the start of the text, so that "administration" is refused as well.
    if (/^(?:admin|runtime)/i.test(template)) {
      inError.push({ name, reason: "its route conflicts with one or more built-in routes" });
      continue;
    }
    const other = taken.find(
      (that) =>
        that.template.toLowerCase() === template.toLowerCase() &&
        that.methods.some((method) => methods.includes(method)),
    );
    if (other !== undefined) {
      inError.push({ name, reason: `its route conflicts with the one of function "${other.name}"` });
      continue;
    }
    const parsed = parseRouteTemplate(routePrefix === "" ? template : `${routePrefix}/${template}`);
    if (parsed.kind === "invalid") {
      inError.push({ name, reason: `its route "${template}" is not valid: ${parsed.reason}` });
      continue;
    }
    taken.push({ name, template, methods });
    routes.push({ segments: parsed.segments, methods, target: it });
  }
  return { routes, inError };
}

/** The route without slashes around it; the function's name when it has none. */
export function templateOf({ name, trigger }: LoadedFunction): string {
  const { route } = trigger.binding;
  const template = typeof route === "string" ? route.replaceAll(/^\/+|\/+$/g, "") : "";
  return template === "" ? name : template;
}

export function methodsOf({ trigger }: LoadedFunction): readonly string[] {
  const { methods } = trigger.binding;
  return Array.isArray(methods) ? methods.map((it) => String(it).toUpperCase()) : ["GET", "POST"];
}
