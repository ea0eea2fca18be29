/** Where the real extension serves its webhooks. The SDK's own calls arrive here too; the real one has a port of its own for them. */
export const WEBHOOK_PATH = "/runtime/webhooks/durabletask";

export interface LinkOptions {
  readonly baseUrl: string;
  readonly hubName: string;
  readonly key: string;
}

/** The storage connection the real extension names when host.json names none. */
const CONNECTION = "Storage";

/** In the client binding, links carry this in place of an instance id; the SDK replaces it. */
const ID_PLACEHOLDER = "INSTANCEID";

/** The management links of one instance, in the order in which the real extension writes them. */
export function managementLinks({ baseUrl, hubName, key }: LinkOptions, instanceId: string) {
  const query = `taskHub=${encodeURIComponent(hubName)}&connection=${CONNECTION}&code=${key}`;
  const instance = `${baseUrl}${WEBHOOK_PATH}/instances/${encodeURIComponent(instanceId)}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** The text of a `durableClient` input binding. */
export function clientBinding(options: LinkOptions): string {
  const { baseUrl, hubName, key } = options;
  const create = `${baseUrl}${WEBHOOK_PATH}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${create}?code=${key}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${key}`,
    },
    managementUrls: managementLinks(options, ID_PLACEHOLDER),
    baseUrl: `${baseUrl}${WEBHOOK_PATH}`,
    requiredQueryStringParameters: `code=${key}`,
    rpcBaseUrl: `${baseUrl}${WEBHOOK_PATH}/`,
  });
}
