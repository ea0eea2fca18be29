import { join } from "node:path";
import { parseArgs } from "node:util";
import { startHouse } from "./run/house.ts";

/** Storage, stand-in tenant and host, kept up until Ctrl-C; stopped and started again, or killed, they go on where they were. */
const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "war-story" },
    policy: { type: "string" },
    fresh: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    delays: { type: "string", default: "0.01" },
    folder: { type: "string", default: join(".tourniquet", "start") },
  },
});

const delays = Number(values.delays);
if (!Number.isFinite(delays) || delays < 0) {
  console.error("--delays needs a number: Azure's own delays times that");
  process.exit(2);
}
const house = await startHouse({
  folder: values.folder,
  scenario: values.scenario,
  delays,
  fresh: values.fresh,
  onRestart: (what) => console.error(`${what} had ended and is up again where it was`),
  ...(values.policy === undefined ? {} : { policy: values.policy }),
});
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void house.stop().then(() => process.exit(0));
  });
}
if (values.json) {
  const { api, tenantProxy, envFile, pids, callers } = house;
  console.log(JSON.stringify({ api, tenant: tenantProxy, env: envFile, pids, callers }));
} else {
  console.log(`Tourniquet is up.

  API       ${house.api}
  tenant    ${values.scenario}, through the proxy ${house.tenantProxy}
  logs      ${house.logs.host}

In another shell:
  . ${house.envFile}
  az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID"
  export TOKEN='${house.callers.responder.token}'
  curl -s ${house.api}/cases -H "Authorization: Bearer $TOKEN"

Ctrl-C stops all three; the next start goes on where they were (--fresh begins anew).
`);
}
