namespace Atlas.Pipeline.Host;

/// <summary>What the program's exit code says; scripts rely on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done, and the books balance.</summary>
    public const int Done = 0;

    /// <summary>The run failed: disk, permissions, a bug.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the YAML is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The run ended and its books do not balance.</summary>
    public const int Unbalanced = 3;

    /// <summary>The state directory is damaged, or another process uses it.</summary>
    public const int State = 4;

    /// <summary>Aborted by a second Ctrl-C (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever was reading the output has left (128 + SIGPIPE), as where <c>grep | head</c> ends.</summary>
    public const int ReaderGone = 141;

    /// <summary>Aborted by a second SIGTERM (128 + SIGTERM).</summary>
    public const int Terminated = 143;
}
