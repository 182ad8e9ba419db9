namespace Atlas.Faults;

/// <summary>Sees every operation on the files of one state directory: SQLite's below SQLite, the pipeline's own at the <see cref="Pipeline.IDisk"/>. Called from any thread.</summary>
internal interface IFileWatch
{
    /// <summary>Decides how the operation ends; may hang, or not come back.</summary>
    Ending Before(in FileCall call);

    /// <summary>After an operation that was done, whole or half.</summary>
    void After(in FileCall call);
}
