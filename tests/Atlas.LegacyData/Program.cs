using System.Globalization;
using Atlas.LegacyData;

// Writes a legacy database: file, era (Altered), how many times the roadmap's numbers (1), seed (1).
if (args.Length == 0)
{
    Console.Error.WriteLine("Which file? Arguments: FILE [First|PartlyAltered|Altered|Version1] [TIMES] [SEED]");
    return 2;
}

var era = args.Length > 1 ? Enum.Parse<LegacyEra>(args[1]) : LegacyEra.Altered;
var sizes = new LegacySizes().Times(args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 1) with { Seed = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1 };
Console.WriteLine(LegacyDatabase.Write(args[0], era, sizes));
return 0;
