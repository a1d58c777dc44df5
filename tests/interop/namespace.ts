// Network namespaces of Linux: made, used and removed with iproute2. What runs in one has a kernel stack of its own, and
// reaches nothing outside.

/** The programs that the scenarios run, and the Debian packages that bring them. */
const PROGRAMS: Record<string, string> = {
  ip: "iproute2",
  sysctl: "procps",
  ping: "iputils-ping",
  curl: "curl",
  iperf3: "iperf3",
  nginx: "nginx-light",
  nc: "netcat-openbsd",
};

/** What the kernel's TCP is told: to forget what it learned from connections before. */
const SETTINGS = ["net.ipv4.tcp_no_metrics_save=1"];

const decoder = new TextDecoder();

/** Runs a program to its end: its standard output, or an error with all that it said. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (success) return decoder.decode(stdout);
  throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}

/** As root: by itself, or in CI, where nobody is asked for a password, by sudo. */
function asRoot(...command: string[]): [string, ...string[]] {
  return Deno.uid() === 0 ? command as [string, ...string[]] : ["sudo", "-n", ...command];
}

/** A namespace with its loopback up. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<Namespace> {
    const namespace = new Namespace(`uis-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`);
    await run(...asRoot("ip", "netns", "add", namespace.name));
    try {
      await namespace.run("ip", "link", "set", "lo", "up");
      await namespace.run("sysctl", "-qw", ...SETTINGS);
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
    return namespace;
  }

  /** The command line that runs `command` inside. */
  inside(...command: string[]): [string, ...string[]] {
    return asRoot("ip", "netns", "exec", this.name, ...command);
  }

  /** Runs a program inside to its end, as {@link run}. */
  run(...command: string[]): Promise<string> {
    return run(...this.inside(...command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(...asRoot("ip", "netns", "delete", this.name));
  }
}

/**
 * Why nothing can run in a namespace here, or undefined. Under CI a missing program is an error, because there it should have been
 * installed, and a check must not be skipped unseen.
 */
export async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has network namespaces";
  if (Deno.uid() !== 0 && !Deno.env.get("CI")) return "needs root";
  if (await missing("/dev/net/tun")) return "there is no /dev/net/tun";
  try {
    await using namespace = await Namespace.create();
    await namespace.run("ip", "tuntap", "add", "dev", "probe", "mode", "tun");
  } catch (error) {
    return `may not make a network namespace with a TUN device: ${String(error).trim().replace(/\s+/g, " ")}`;
  }
  const packages = (await Promise.all(
    Object.entries(PROGRAMS).map(async ([program, debian]) => {
      return await isInstalled(program) ? [] : [debian];
    }),
  )).flat();
  if (packages.length === 0) return undefined;
  const reason = `not installed: ${packages.join(", ")}`;
  if (Deno.env.get("CI")) throw new Error(`Cannot test with the kernel: ${reason}`);
  return reason;
}

function missing(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => false, () => true);
}

/** Whether a program is in PATH, or where only root's PATH looks. */
async function isInstalled(program: string): Promise<boolean> {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  const found = await Promise.all(folders.map(async (folder) => !await missing(`${folder}/${program}`)));
  return found.includes(true);
}
