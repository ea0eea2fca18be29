import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startVaultTenant } from "./vaults-under-test.ts";

const run = promisify(execFile);
const PYTHON = "/usr/bin/python3";
const isThere = spawnSync(PYTHON, ["-c", "import azure.keyvault.secrets, azure.identity"]).status === 0;

const SCRIPT = `
import json, os
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

def client(app, secret):
    credential = ClientSecretCredential(os.environ["AZURE_TENANT_ID"], app, secret)
    return SecretClient("https://kv-rbac.vault.azure.net", credential, retry_total=0)

officer = client(os.environ["OFFICER"], os.environ["OFFICER_SECRET"])
found = {"listed": len([s.name for s in officer.list_properties_of_secrets()])}
found["value"] = officer.get_secret("sql-password").value
made = officer.set_secret("from-python", "one", tags={"by": "python"})
officer.update_secret_properties("from-python", made.properties.version, enabled=False)
try:
    officer.get_secret("from-python")
except HttpResponseError as error:
    found["disabled"] = [error.status_code, error.error.code]
officer.begin_delete_secret("from-python").wait()
found["deleted"] = [s.name for s in officer.list_deleted_secrets()]
officer.purge_deleted_secret("from-python")
try:
    client(os.environ["NOBODY"], os.environ["NOBODY_SECRET"]).get_secret("sql-password")
except HttpResponseError as error:
    found["refused"] = [error.status_code, "ForbiddenByRbac" in str(error.response.text())]
print(json.dumps(found))
`;

test.skipIf(!isThere)(
  "the Python client lists, reads, sets, disables, deletes and purges, and is refused as in Azure",
  async () => {
    await using tenant = await startVaultTenant();
    const app = (name: string) => ({
      [name.toUpperCase()]: tenant.names.guid("appId", name),
      [`${name.toUpperCase()}_SECRET`]: tenant.names.secret("keyId", `${name}.only`),
    });

    const { stdout } = await run(PYTHON, ["-c", SCRIPT], {
      env: { ...tenant.env(), ...app("officer"), ...app("nobody"), PATH: process.env["PATH"] ?? "" },
      timeout: 50_000,
    });

    expect(JSON.parse(stdout)).toEqual({
      listed: 6,
      value: "s3cret-one",
      disabled: [403, "Forbidden"],
      deleted: ["from-python"],
      refused: [403, true],
    });
  },
);
