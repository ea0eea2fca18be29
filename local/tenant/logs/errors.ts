import type { QueryProblem } from "./kusto/errors.ts";

export interface LogsError {
  readonly status: number;
  readonly error: LogsErrorBody;
}

/** Codes inside codes: the innermost says most. */
export interface LogsErrorBody {
  readonly message: string;
  readonly code: string;
  readonly innererror?: LogsErrorBody;
  readonly line?: number;
  readonly pos?: number;
  readonly token?: string;
}

/** guess: the 401 of the query API was not found as served. */
export const unauthenticated: LogsError = {
  status: 401,
  error: { message: "Valid authentication was not provided", code: "AuthorizationRequiredError" },
};
export const invalidToken: LogsError = {
  status: 401,
  error: { message: "The provided authentication is not valid for this resource", code: "InvalidTokenError" },
};

export const insufficientAccess: LogsError = {
  status: 403,
  error: {
    message: "The provided credentials have insufficient access to perform the requested operation",
    code: "InsufficientAccessError",
  },
};

/** guess: bodies of 404 were not found as served. */
export const noSuchPath: LogsError = {
  status: 404,
  error: { message: "The requested path does not exist", code: "PathNotFoundError" },
};
export function noSuchWorkspace(id: string): LogsError {
  return {
    status: 404,
    error: { message: `The workspace '${id}' could not be found`, code: "WorkspaceNotFoundError" },
  };
}

/** guess: the body of a 429 was not found as served; that Retry-After is exposed in its headers was. */
export const tooManyQueries: LogsError = {
  status: 429,
  error: { message: "Too many requests. Please try again later.", code: "ThrottledError" },
};

export const badBody: LogsError = badArgument({
  message: "Failed to parse request body as JSON",
  code: "InvalidJsonBody",
});

export function badArgument(inner: LogsErrorBody): LogsError {
  return {
    status: 400,
    error: {
      message: "The request had some invalid properties",
      code: "BadArgumentError",
      innererror: inner,
    },
  };
}

/** Basic tables are for `/search`; the text is as served. */
function basicTable(): LogsError {
  return badArgument({
    code: "UnsupportedApiQueryValidationError",
    message:
      "Query of Basic Logs table is not supported with the API 'https://api.loganalytics.io/v1/workspaces/{workspaceId}/query'.\n" +
      "You can use 'https://api.loganalytics.io/v1/workspaces/{workspaceId}/search' instead.\n" +
      "To learn more on queries on Basic Logs table, read here: https://aka.ms/basicLogsQueryAPI.",
  });
}

export function queryError(problem: QueryProblem): LogsError {
  switch (problem.kind) {
    case "syntax":
      return badArgument({
        code: "SyntaxError",
        message: "A recognition error occurred in the query.",
        innererror: {
          code: "SYN0002",
          message: problem.message,
          line: problem.line,
          pos: problem.position,
          token: problem.token,
        },
      });
    case "semantic":
      return semantic(problem.code, problem.message);
    case "not-modelled":
      // Ours, and loud: Kusto answers this, the stand-in does not.
      return semantic("NotModelled", `The stand-in tenant does not model ${problem.what}.`);
    case "basic-table":
      return basicTable();
    case "table-forbidden":
      // guess: how one table kept from the caller is refused was not found.
      return insufficientAccess;
    default:
      return problem satisfies never;
  }
}

function semantic(code: string, message: string): LogsError {
  return badArgument({
    code: "SemanticError",
    message: "A semantic error occurred.",
    innererror: { code, message },
  });
}

/** Beside the rows of an answer that is not whole. */
export function partialError(message: string, number: string) {
  return {
    code: "PartialError",
    message: "There were some errors when processing your query.",
    details: [
      {
        code: "EngineError",
        message: "Something went wrong processing your query on the server.",
        innererror: { code: number, message, severity: 3, severityName: "Warning" },
      },
    ],
  };
}
