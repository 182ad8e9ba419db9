using System.Globalization;
using Atlas.ScriptedWeb;

switch (args)
{
    case ["serve", .. var options]:
        await using (var site = await ScriptedSite.StartAsync(Option(options, "--port", 0)))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"listening on {site.Port}"));
            await site.WaitForShutdownAsync();
        }

        return 0;
    case ["list", .. var options]:
        using (var output = Console.OpenStandardOutput())
        {
            PollutedList.Write(output, Option(options, "--lines", 10_000), Option(options, "--hosts", 200), Option(options, "--port", 80), Option(options, "--seed", 1));
        }

        return 0;
    default:
        Console.Error.WriteLine("Usage: Atlas.ScriptedWeb serve [--port P]\n       Atlas.ScriptedWeb list [--lines N] [--hosts H] [--port P] [--seed S]");
        return 2;
}

static int Option(string[] options, string name, int or) =>
    Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : or;
