@echo off
setlocal EnableExtensions DisableDelayedExpansion
set "PROGRAM=engine-bench"
set "MODULE=bench"
call "%~dp0bin\prepare.cmd"
if errorlevel 1 exit /b %ERRORLEVEL%
"%JDK%\bin\java" %JVM% %VECTOR% --sun-misc-unsafe-memory-access=allow "-Dtwinbolt.home=%ROOT%" -cp "%JAR%;%ROOT%\%MODULE%\target\lib\*" dev.twinbolt.bench.EngineBench %*
exit /b %ERRORLEVEL%
