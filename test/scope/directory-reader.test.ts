import { expect, test } from "vitest";
import { z } from "zod";
import { directoryReader } from "../../src/scope/directory-reader.ts";
import { inOrder } from "./scoped.ts";
import { readTenant } from "./tenant-reader.ts";

const Id = z.object({ id: z.string() });

test("what is asked in one turn goes out together, twenty to a request, each with its own answer", async () => {
  await using read = await readTenant({ scenario: "war-story" });
  const { tenant, azure } = read;
  const directory = directoryReader(azure.graph);
  await directory.get("/organization", z.unknown());
  const ids = [...tenant.state.directory.users.all()].map(({ id }) => id);
  const before = tenant.requests.total;
  const reads = await Promise.all([
    ...Array.from({ length: 38 }, (_, index) =>
      directory.get(`/users/${ids[index % ids.length] ?? ""}?$select=id`, Id),
    ),
    directory.get("/users/0b6f4c1e-4e5a-4c36-9d8e-2f4f1f2e3d4c", Id),
    directory.get("/users?$filter=nonsense", Id),
  ]);
  expect(tenant.requests.total - before).toBe(2);
  const good = reads.slice(0, 38).map((it) => (it.kind === "ok" ? it.value.id : it.failure.code));
  expect(good).toEqual(Array.from({ length: 38 }, (_, index) => ids[index % ids.length]));
  expect(reads.slice(38).map((it) => (it.kind === "ok" ? "ok" : it.failure.code))).toEqual([
    "NOT_FOUND",
    "BAD_REQUEST",
  ]);
});

test("a list is read to its last page", async () => {
  await using read = await readTenant({ scenario: "war-story" });
  const { tenant, azure } = read;
  const listed = await directoryReader(azure.graph).list("/servicePrincipals?$select=id&$top=3", Id);
  const all = [...tenant.state.directory.servicePrincipals.all()].map(({ id }) => id);
  expect(all.length).toBeGreaterThan(9);
  expect(listed.kind === "ok" ? inOrder(listed.value.map(({ id }) => id)) : listed).toEqual(inOrder(all));
});

test("items that are throttled inside a good answer are asked again until they are served", async () => {
  await using read = await readTenant({ scenario: "small", throttling: 0.005 });
  const { tenant, azure } = read;
  const [ada] = [...tenant.state.directory.users.all()];
  const directory = directoryReader(azure.graph);
  const reads = await Promise.all(
    Array.from({ length: 24 }, () => directory.get(`/users/${ada?.id ?? ""}?$select=id`, Id)),
  );
  expect(reads.map(({ kind }) => kind)).toEqual(Array.from({ length: 24 }, () => "ok"));
  // Two would have been enough without throttling.
  expect(tenant.requests.byService().graph ?? 0).toBeGreaterThan(2);
});
