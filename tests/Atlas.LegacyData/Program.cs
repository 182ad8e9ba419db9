using System.Globalization;
using Atlas.LegacyData;

const string Help = """
    Writes a made-up database of Atlas v2, or of the program before it, with every defect that real ones have.

    Usage: Atlas.LegacyData FILE [ERA] [TIMES] [SEED]

      FILE    where it is written; must not be there
      ERA     First          the tables as first created: priorities are words; dead letters of shape B
              PartlyAltered  some of the later columns are missing; dead letters of shape C
              Altered        all later columns, kept contents; dead letters of shape A (default)
              Version1       the program before it: content and episode_queue
      TIMES   how many times the roadmap's numbers, above 0 (default 1: 52,943 queue rows, 19,589 of them file URLs)
      SEED    another number, another database; the same one, the same (default 1)

    Says what it has written, as the one who wrote it knows it. Exit code 0; 2 if an argument is wrong.
    """;

if (args is ["--help" or "-h" or "-?", ..])
{
    Console.WriteLine(Help);
    return 0;
}

var (era, times, seed) = (LegacyEra.Altered, 1.0, 1);
var mistake =
    args.Length is 0 or > 4 ? "One to four arguments are needed."
    : Array.Find(args, argument => argument.StartsWith('-')) is { } option ? $"There is no option {option}."
    : File.Exists(args[0]) || Directory.Exists(args[0]) ? $"{args[0]} is there already."
    : args.Length > 1 && !(Enum.TryParse(args[1], ignoreCase: true, out era) && Enum.IsDefined(era)) ? $"There is no era {args[1]}."
    : args.Length > 2 && !(double.TryParse(args[2], NumberStyles.Float, CultureInfo.InvariantCulture, out times) && times is > 0 and < 1_000) ? $"{args[2]} is no number of times."
    : args.Length > 3 && !int.TryParse(args[3], NumberStyles.None, CultureInfo.InvariantCulture, out seed) ? $"{args[3]} is no seed."
    : null;
if (mistake is not null)
{
    Console.Error.WriteLine($"{mistake} Atlas.LegacyData --help says what there is.");
    return 2;
}

Console.WriteLine(LegacyDatabase.Write(args[0], era, new LegacySizes().Times(times) with { Seed = seed }));
return 0;
