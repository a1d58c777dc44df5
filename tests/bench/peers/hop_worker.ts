// One thread on the way: sends on what comes.
import { scope } from "./worker_scope.ts";

scope.onmessage = ({ data }) => scope.postMessage(data);
