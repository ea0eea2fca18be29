import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";

const params = (request: HttpRequest): HttpResponseInit => ({ jsonBody: request.params });
const answer = (body: string) => (): HttpResponseInit => ({ body });

app.get("getOnly", { route: "getonly", handler: answer("got") });
app.get("guid", { route: "guid/{id:guid}", handler: params });
app.get("positive", { route: "int/{n:int:min(1)}", handler: params });
app.get("lengths", { route: "alpha/{a:alpha}/{b:length(2,4)}", handler: params });
app.get("rest", { route: "rest/{*path}", handler: params });
app.get("literal", { route: "item/special", handler: answer("literal") });
app.get("item", { route: "item/{id}", handler: params });
app.get("itemVersion", { route: "item/{id}/{version}", handler: params });
app.get("file", { route: "file/{name}.{extension}", handler: params });
app.get("paged", { route: "paged/{page:int=1}", handler: params });
app.get("code", { route: "code/{code:regex(^\\d{{3}}-[a-z]+$)}", handler: params });
app.get("noRoute", { handler: answer("default route") });
app.http("keyed", { methods: ["GET"], authLevel: "function", handler: answer("in") });
