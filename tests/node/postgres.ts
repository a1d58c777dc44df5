// A PostgreSQL server of Debian's on the machine's own loopback, with a database of its own.

/** Where Debian has the programs, beside what is in PATH. */
const DEBIAN = "/usr/lib/postgresql";

/** The server refuses to be root. */
const NOBODY = 65534;

/** The folder of the server's programs, or undefined when it is not installed. */
export async function postgresPrograms(): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  try {
    for await (const { name } of Deno.readDir(DEBIAN)) folders.push(`${DEBIAN}/${name}/bin`);
  } catch {
    // No Debian, or nothing of it.
  }
  for (const folder of folders) {
    const found = ["initdb", "pg_ctl"].map((name) => Deno.stat(`${folder}/${name}`).then(() => true, () => false));
    if ((await Promise.all(found)).every(Boolean)) return folder;
  }
  return undefined;
}

/** A server, and its files. */
export class Postgres implements AsyncDisposable {
  readonly port: number;
  readonly #programs: string;
  readonly #folder: string;

  private constructor(programs: string, folder: string, port: number) {
    this.port = port;
    this.#programs = programs;
    this.#folder = folder;
  }

  /** A server with the user `postgres`, whose password is checked by SCRAM-SHA-256. */
  static async start(programs: string, password: string): Promise<Postgres> {
    const folder = await Deno.makeTempDir({ prefix: "uis-postgres-" });
    const passwords = `${folder}/password`;
    await Deno.writeTextFile(passwords, password);
    if (Deno.uid() === 0) await Promise.all([folder, passwords].map((path) => Deno.chown(path, NOBODY, NOBODY)));
    const server = new Postgres(programs, folder, freePort());
    const { port } = server;
    await server.#run("initdb", "-U", "postgres", "--auth=scram-sha-256", `--pwfile=${passwords}`, "--no-sync");
    await server.#run("pg_ctl", "start", "-l", `${folder}/log`, "-o", `-h 127.0.0.1 -p ${port} -k '' -c fsync=off`);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("pg_ctl", "stop", "-m", "fast");
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #run(program: string, ...args: string[]): Promise<void> {
    const command = new Deno.Command(`${this.#programs}/${program}`, {
      args: [...args, "-D", `${this.#folder}/data`],
      cwd: this.#folder,
      // The server that pg_ctl starts would hold a pipe open.
      stdout: "null",
      stderr: "null",
      ...(Deno.uid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    const { success, code } = await command.output();
    if (!success) throw new Error(`${program} ${args.join(" ")} failed with code ${code}`);
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
