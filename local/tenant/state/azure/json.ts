import type { Json, JsonObject } from "./model.ts";

/** Reading the loosely shaped `properties` of resources without trusting their shape. Absent or of another type is "". */
export function textIn(object: JsonObject | undefined, key: string): string {
  const value = object?.[key];
  return typeof value === "string" ? value : "";
}

export function textsIn(object: JsonObject | undefined, key: string): string[] {
  return listIn(object, key).filter((item) => typeof item === "string");
}

export function listIn(object: JsonObject | undefined, key: string): readonly Json[] {
  const value = object?.[key];
  return isList(value) ? value : [];
}

export function objectIn(object: JsonObject | undefined, key: string): JsonObject {
  const value = object?.[key];
  return isObject(value) ? value : {};
}

/** True only if it is there and true. */
export function flagIn(object: JsonObject | undefined, key: string): boolean {
  return object?.[key] === true;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
