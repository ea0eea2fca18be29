import * as df from "durable-functions";
import { tellWord as tell } from "../src/respond/tell-word.ts";
import { tellWord, WORD_FLOW } from "../src/respond/word.ts";
import { wordFlow } from "../src/respond/word-flow.ts";
import { registerActivity } from "./register.ts";

df.app.orchestration(WORD_FLOW, wordFlow);

registerActivity(tellWord, tell);
