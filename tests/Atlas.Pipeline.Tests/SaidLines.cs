using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Tests;

/// <summary>What was logged, line by line. Any thread may log.</summary>
internal sealed class SaidLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines.Select(said => said.Line)];

    /// <summary>Of warnings and what is worse.</summary>
    public IReadOnlyList<string> Warnings => [.. _lines.Where(said => said.Level >= LogLevel.Warning).Select(said => said.Line)];

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
