namespace Atlas.Pipeline.Host.Commands;

/// <summary>Asks before many things are changed at once.</summary>
internal static class Consent
{
    /// <summary>Whether it may be done: --yes was given, or somebody at a terminal says so. Else nothing is done, and it is said how it would be.</summary>
    /// <param name="yes">Whether --yes was given.</param>
    /// <param name="question">What would be done, as a question.</param>
    public static bool IsGiven(bool yes, string question)
    {
        if (yes)
            return true;
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine("Nothing was done: give --yes to do it, as nobody can be asked here.");
            return false;
        }

        Console.Error.Write($"{question} [y/N] ");
        if (Console.In.ReadLine()?.Trim() is "y" or "Y" or "yes")
            return true;
        Console.Error.WriteLine("Nothing was done.");
        return false;
    }

    /// <summary>The exit code where it was not given: who said no is done, and a script that could not be asked must not go on as if it had been.</summary>
    public static int Withheld => Console.IsInputRedirected ? ExitCode.Usage : ExitCode.Done;

    /// <summary>Who is asking, for the history.</summary>
    public static string Who => Environment.UserName is { Length: > 0 } name ? name : "unknown";
}
