/**
 * Failure texts as the real host words them. The real texts carry a serialised .NET exception with the worker's stack
 * trace; code that shows or stores a caught message raw must see here what it would see there.
 */

const HRESULT_EXCEPTION = -2146233088;

/** Where the real host's own frames begin; what follows them there is not reproduced. */
const INVOKER_FRAMES =
  "   at Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters, FunctionInvocationContext context)" +
  "\n   at (further frames of the real host are left out by the embedded host)";

const ORCHESTRATION_FRAMES =
  "   at System.Threading.Tasks.Task.ThrowIfExceptional(Boolean includeTaskCanceledExceptions)" +
  "\n   at (further frames of the real host are left out by the embedded host)";

export interface FailureText {
  readonly reason: string;
  readonly details: string | null;
}

/** An activity that threw `error`. */
export function activityFailure(functionName: string, error: Error): FailureText {
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  const remote = {
    $type: "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
    IsUserException: false,
    RemoteStackTrace: stack,
    RemoteMessage: error.message,
    RemoteTypeName: null,
    Message: `Result: Failure\nException: ${error.message}\nStack: ${stack}`,
    Data: { $type: "System.Collections.ListDictionaryInternal, System.Private.CoreLib" },
    InnerException: null,
    HelpLink: null,
    Source: "System.Private.CoreLib",
    HResult: HRESULT_EXCEPTION,
    StackTrace: INVOKER_FRAMES,
  };
  return {
    reason: `Activity function '${functionName}' failed: ${error.message}`,
    details: serializedException(error.message, remote),
  };
}

/** An orchestrator whose own code threw `message`. */
export function orchestratorFailure(functionName: string, message: string): FailureText {
  return {
    reason: `Orchestrator function '${functionName}' failed: ${message}`,
    details: `Message: ${message}, StackTrace: ${ORCHESTRATION_FRAMES}`,
  };
}

/** An orchestrator that failed without a state to replay: the SDK itself threw, or the host refused what it returned. */
export function orchestratorFault(functionName: string, message: string): FailureText {
  return {
    reason: `Orchestrator function '${functionName}' failed: ${message}`,
    details: serializedException(message, null),
  };
}

export function nonDeterminismFailure(mismatch: string): FailureText {
  const reason = `Non-Deterministic workflow detected: ${mismatch}`;
  return { reason, details: `Unhandled exception while executing orchestration: ${reason}` };
}

function serializedException(message: string, inner: unknown): string {
  return JSON.stringify({
    $type: "System.Exception, System.Private.CoreLib",
    ClassName: "System.Exception",
    Message: message,
    Data: null,
    InnerException: inner,
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: HRESULT_EXCEPTION,
    Source: null,
    WatsonBuckets: null,
  });
}
