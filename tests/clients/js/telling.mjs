// What a client's script prints: a line for each resource, with the steps that it came through.

export async function tell(resources) {
  for (const [name, steps] of Object.entries(resources)) {
    const done = [];
    try {
      for await (const step of steps()) done.push(step);
    } catch (error) {
      const answer = error.response;
      console.error(name, error.stack, answer ? [answer.status, answer.data] : "");
      done.push("BROKEN OFF");
      process.exitCode = 1;
    }
    console.log(`${name}: ${done.join(", ")}`);
  }
}

export const VERBS = "http://adlnet.gov/expapi/verbs/";
